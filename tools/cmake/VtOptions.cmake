# Compiler, warnings, hardening and the options of the build (STYLE rules 48 and 49).

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE)
	set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
endif()

option(VT_WERROR "Warnings are errors" ON)
option(VT_FUZZ "Build the libFuzzer targets (needs clang)" OFF)
option(VT_TEST_HOOKS "Build ventanilla-ui-test (semantic-tree socket) and ventanilla-core-test (seed)" ON)
set(VT_SANITIZE "" CACHE STRING "Sanitizers, e.g. address,undefined")

add_compile_definitions(_GNU_SOURCE)
include_directories(${CMAKE_SOURCE_DIR})

include(CheckCCompilerFlag)
function(vt_add_flag FLAG)
	string(MAKE_C_IDENTIFIER "VT_HAS${FLAG}" NAME)
	check_c_compiler_flag(${FLAG} ${NAME})
	if(${NAME})
		add_compile_options(${FLAG})
	endif()
endfunction()

foreach(FLAG
	-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
	-Wswitch-enum -Wundef -Wvla -Wwrite-strings -Wcast-qual -Wformat=2 -Wnull-dereference
	-Wimplicit-fallthrough -Wold-style-definition -Wpointer-arith -Wredundant-decls -Wdate-time
	-Wno-format-truncation -Wlogical-op -Wduplicated-cond -Wduplicated-branches
	-fstack-protector-strong -fstack-clash-protection -fcf-protection -fno-strict-aliasing)
	vt_add_flag(${FLAG})
endforeach()
if(VT_WERROR)
	add_compile_options(-Werror)
endif()

if(VT_SANITIZE)
	add_compile_options(-fsanitize=${VT_SANITIZE} -fno-omit-frame-pointer
		-fno-sanitize-recover=all)
	add_link_options(-fsanitize=${VT_SANITIZE})
elseif(CMAKE_BUILD_TYPE MATCHES "Rel")
	add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()
if(NOT VT_FUZZ)
	add_link_options(-pie -Wl,-z,relro,-z,now)
endif()
