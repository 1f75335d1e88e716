# Installs uv into .uv, a virtual environment of its own.   usage: sh dev/install_uv.sh PYTHON
set -eu

# An index that is configured for uv alone serves pip as well.
index=${PIP_INDEX_URL:-${UV_DEFAULT_INDEX:-${UV_INDEX_URL:-}}}
if [ -n "$index" ]; then
    export PIP_INDEX_URL="$index"
fi

echo "Installing uv into .uv" >&2
"$1" -m venv --clear .uv || {
    echo "$1 cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv" >&2
    exit 1
}
.uv/bin/python -m pip install --quiet --disable-pip-version-check uv
