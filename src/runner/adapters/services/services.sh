# Functions for steps that need services. A step's script, which the runner makes from the profile, starts each service,
# waits until it is ready, and runs the program of the step. Everything runs as the user's code does, in its sandbox.
logs=/tmp/.cloche-services
mkdir -p "$logs"

fail() { # NAME PROBLEM
    echo "Error: the service $1 $2" >&2
    tail -n 20 "$logs/$1" >&2
    exit 70
}

# Milliseconds.
now() { date +%s%3N; }

# NAME PROGRAM...: in the background, without the reporter's channel. The subshell ends at once, so that the service is
# a child of init and not of the program that this step runs.
start() {
    name=$1
    shift
    rm -rf "$logs/$name" "$logs/$name.status"
    (
        unset CLOCHE_CHANNEL
        ("$@"; echo $? > "$logs/$name.status") &
    ) < /dev/null > "$logs/$name" 2>&1 3<&- 4>&-
}

# NAME MILLISECONDS PROGRAM...: waits until the program succeeds. A service that failed will never be ready; one that
# ended well has gone into the background.
wait_for() {
    name=$1 most=$2 began=$(now)
    shift 2
    until "$@" < /dev/null > /dev/null 2>&1 3<&- 4>&-; do
        status=$(cat "$logs/$name.status" 2> /dev/null)
        [ "${status:-0}" = 0 ] || fail "$name" "ended with exit code $status"
        [ $(($(now) - began)) -lt "$most" ] || fail "$name" "was not ready within $most ms"
        sleep 0.02
    done
}

# NAME MILLISECONDS TEXT: waits until the service prints the text.
wait_for_output() { wait_for "$1" "$2" grep -qF -e "$3" "$logs/$1"; }

# NAME PROGRAM...: runs the program that stops the service, and waits until it has ended, 5 s at most for each.
stop() {
    name=$1
    shift
    timeout 5 "$@" < /dev/null >> "$logs/$name" 2>&1
    end=$(($(now) + 5000))
    until [ -s "$logs/$name.status" ] || [ "$(now)" -ge $end ]; do sleep 0.02; done
}
