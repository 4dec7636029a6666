# vt_library(NAME SOURCES a.c … DEPENDS …)     static library vt_NAME with alias vt::NAME
# vt_program(NAME SOURCES … DEPENDS …)         executable NAME in <build>/bin
# vt_test(NAME SOURCES … DEPENDS … [LABELS …] [ARGS …] [TIMEOUT seconds])
#                                              cmocka program in <build>/tests, run by ctest as NAME
# vt_fuzz(NAME SOURCES … DEPENDS … CORPUS dir) libFuzzer target under VT_FUZZ; always also a plain
#                                              driver that runs every corpus file as test fuzz_NAME
# DEPENDS takes our aliases (vt::base) and imported targets (PkgConfig::CURL).

function(vt_library NAME)
	cmake_parse_arguments(A "" "" "SOURCES;DEPENDS" ${ARGN})
	add_library(vt_${NAME} STATIC ${A_SOURCES})
	add_library(vt::${NAME} ALIAS vt_${NAME})
	target_link_libraries(vt_${NAME} PUBLIC ${A_DEPENDS})
endfunction()

function(vt_program NAME)
	cmake_parse_arguments(A "" "" "SOURCES;DEPENDS" ${ARGN})
	add_executable(${NAME} ${A_SOURCES})
	target_link_libraries(${NAME} PRIVATE ${A_DEPENDS})
	set_target_properties(${NAME} PROPERTIES
		RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
	set_property(GLOBAL APPEND PROPERTY VT_PROGRAMS ${NAME})
endfunction()

function(vt_test NAME)
	cmake_parse_arguments(A "" "TIMEOUT" "SOURCES;DEPENDS;LABELS;ARGS" ${ARGN})
	add_executable(test_${NAME} ${A_SOURCES})
	target_link_libraries(test_${NAME} PRIVATE ${A_DEPENDS} PkgConfig::CMOCKA)
	set_target_properties(test_${NAME} PROPERTIES
		RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
	add_test(NAME ${NAME} COMMAND test_${NAME} ${A_ARGS})
	if(NOT A_TIMEOUT)
		set(A_TIMEOUT 120)
	endif()
	set_tests_properties(${NAME} PROPERTIES TIMEOUT ${A_TIMEOUT} LABELS "unit;${A_LABELS}"
		ENVIRONMENT "VT_SOURCE_DIR=${CMAKE_SOURCE_DIR};VT_BUILD_DIR=${CMAKE_BINARY_DIR}")
endfunction()

# A test that is a script: vt_script_test(NAME SCRIPT file [SOURCES_ONLY] [ARGS …] [LABELS …] [TIMEOUT s]).
# Exit status 77 means "skipped"; the script prints the reason. SOURCES_ONLY = it runs nothing that was
# built, so the build with sanitizers leaves it out.
function(vt_script_test NAME)
	cmake_parse_arguments(A "SOURCES_ONLY" "SCRIPT;TIMEOUT" "LABELS;ARGS" ${ARGN})
	if(A_SOURCES_ONLY AND VT_SANITIZE)
		return()
	endif()
	add_test(NAME ${NAME} COMMAND ${A_SCRIPT} ${A_ARGS}
		WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
	if(NOT A_TIMEOUT)
		set(A_TIMEOUT 300)
	endif()
	set_tests_properties(${NAME} PROPERTIES TIMEOUT ${A_TIMEOUT} LABELS "${A_LABELS}"
		SKIP_RETURN_CODE 77
		ENVIRONMENT "VT_SOURCE_DIR=${CMAKE_SOURCE_DIR};VT_BUILD_DIR=${CMAKE_BINARY_DIR}")
endfunction()

function(vt_fuzz NAME)
	cmake_parse_arguments(A "" "CORPUS" "SOURCES;DEPENDS" ${ARGN})
	if(VT_FUZZ)
		add_executable(fuzz_${NAME} ${A_SOURCES})
		target_compile_options(fuzz_${NAME} PRIVATE -fsanitize=fuzzer)
		target_link_options(fuzz_${NAME} PRIVATE -fsanitize=fuzzer)
	else()
		add_executable(fuzz_${NAME} ${A_SOURCES} ${CMAKE_SOURCE_DIR}/tests/fuzz/driver.c)
	endif()
	target_link_libraries(fuzz_${NAME} PRIVATE ${A_DEPENDS})
	set_target_properties(fuzz_${NAME} PROPERTIES
		RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
	if(NOT VT_FUZZ)
		add_test(NAME fuzz_${NAME} COMMAND fuzz_${NAME} ${A_CORPUS})
		set_tests_properties(fuzz_${NAME} PROPERTIES TIMEOUT 120 LABELS "fuzz")
	endif()
endfunction()
