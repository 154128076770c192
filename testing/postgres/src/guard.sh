# Ends a server and removes its directory, $1, when the process that started it is gone or has no
# more use for it: either way this script's standard input ends.

# What ends a whole group of processes must leave the one that cleans up after them.
trap '' HUP INT QUIT TERM

read -r _
cd "$1" || exit

# Immediate shutdown, of one that may be frozen.
if id=$(cat running.id) && [ -n "$id" ]; then
    kill -QUIT "$id"
    kill -CONT "$id"
    rounds=0
    while :; do
        # A zombie is gone, whether or not somebody asks for its end.
        case $(ps -o stat= -p "$id") in '' | Z*) break ;; esac
        rounds=$((rounds + 1))
        if [ "$rounds" -eq 200 ]; then kill -KILL "$id"; fi
        if [ "$rounds" -eq 400 ]; then break; fi
        sleep 0.05
    done
fi

# A killed server leaves a segment of shared memory, of which there are few on macOS.
segment=$(sed -n '7s/.* //p' data/postmaster.pid)
if [ -n "$segment" ]; then ipcrm -m "$segment"; fi

# Again where somebody still wrote.
cd /
for _ in 1 2 3 4 5 6 7 8 9 10; do
    rm -rf "$1" && break
    sleep 0.1
done
