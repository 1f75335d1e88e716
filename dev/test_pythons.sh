# Runs the quick tests on the supported Pythons that .venv has not.   usage: sh dev/test_pythons.sh UV [PYTEST OPTION]...
set -eu

uv=$1
shift

# Prints the interpreter of version $1, or fails where there is none.
find_python() {
    for candidate in "python$1" "${PYENV_ROOT:-$HOME/.pyenv}/versions/$1".*/bin/python; do
        # Asked, because a version manager's `python3.x` may be on PATH and only fail.
        if "$candidate" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$1')" 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    "$uv" python find --no-project --no-python-downloads "$1" 2>/dev/null
}

tested=$(.venv/bin/python -c "import sys; print('%d.%d' % sys.version_info[:2])")
for version in 3.11 3.12 3.13; do
    if [ "$version" = "$tested" ]; then
        continue
    elif ! UV_PYTHON=$(find_python "$version"); then
        echo "Python $version: skipped, not on this machine"
        continue
    fi
    echo "Python $version: $UV_PYTHON"
    export UV_PYTHON UV_PROJECT_ENVIRONMENT=".venv-$version"
    sh dev/setup.sh "$uv"
    "$uv" run --no-sync pytest -p no:cacheprovider "$@"
done
