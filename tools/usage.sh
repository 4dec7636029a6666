# Read by the shell tools before anything else. The comment at the head of a tool says its usage: --help prints it, and
# `usage_wrong [WHAT]` on stderr with exit status 2. Nothing is built, installed or looked for on the machine for that.
usage_text=$(sed -n '2,${/^#/!q;s/^# \{0,1\}//p;}' "$0")
usage_wrong() {
	[ $# = 0 ] || printf '%s: %s\n' "${0##*/}" "$*" >&2
	printf '%s\n' "$usage_text" >&2
	exit 2
}
for usage_word; do
	[ "$usage_word" != --help ] || {
		printf '%s\n' "$usage_text"
		exit 0
	}
done
