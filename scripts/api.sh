# Read by the scripts that test the API from outside: what they need from package registries, and a
# server. Each sets `dir` to a temporary directory first, and calls `stop` when it ends.

script=scripts/$(basename "$0")

# Installs the packages of testing/clients/requirements.txt into target/ci/python.
python_packages() {
    local wanted=testing/clients/requirements.txt
    python=target/ci/python
    cmp -s "$wanted" "$python/installed.txt" && return
    if ! python3 -m venv --clear "$python"; then
        if ! command -v apt-get >/dev/null || [[ $(id -u) -ne 0 ]]; then
            echo "$script: install Python 3.10 or newer with its module venv first" >&2
            exit 1
        fi
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv
        python3 -m venv --clear "$python"
    fi
    "$python/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted"
    cp "$wanted" "$python/installed.txt"
}

# Installs the packages of testing/clients/package.json into target/ci/node.
node_packages() {
    local wanted=testing/clients/package.json
    node=target/ci/node
    cmp -s "$wanted" "$node/installed.json" && return
    if ! command -v npm >/dev/null; then
        echo "$script: install Node.js 20.19 or newer with npm first" >&2
        exit 1
    fi
    mkdir -p "$node"
    cp "$wanted" "$node/package.json"
    npm install --prefix "$node" --no-audit --no-fund --no-package-lock --loglevel=error
    cp "$wanted" "$node/installed.json"
}

# Starts a server at `url` with a new store in `dir`, and sets `operator` to a key of the operator.
# RINGBOOK names the program; without it the program is built. Arguments go to `serve`.
serve() {
    ringbook=${RINGBOOK:-}
    if [[ -z $ringbook ]]; then
        cargo build --locked --package ringbook
        ringbook=${CARGO_TARGET_DIR:-target}/debug/ringbook
    fi
    export RINGBOOK_STORE="sqlite:$dir/ringbook.db"
    operator=$("$ringbook" operator create-key "$(basename "$0")")
    : >"$dir/out"
    "$ringbook" serve --listen 127.0.0.1:0 "$@" >"$dir/out" 2>"$dir/log" &
    server=$!
    local try
    for try in $(seq 100); do
        url=$(sed -n 's/^Listening on //p' "$dir/out")
        [[ -n $url ]] && return
        sleep 0.1
    done
    cat "$dir/log" >&2
    exit 1
}

# Stops the server and removes its store.
stop() {
    kill "${server:-}" 2>/dev/null || true
    wait "${server:-}" 2>/dev/null || true
    rm -rf "$dir"
}

# Fails if the server has panicked or is gone.
is_well() {
    if grep -q 'panicked' "$dir/log" || ! kill -0 "$server"; then
        cat "$dir/log" >&2
        return 1
    fi
}
