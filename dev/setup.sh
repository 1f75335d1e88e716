# Installs what uv.lock pins into $UV_PROJECT_ENVIRONMENT.   usage: sh dev/setup.sh UV [--group NAME]
set -eu

uv=$1
shift
UV_DEFAULT_INDEX=${UV_DEFAULT_INDEX:-${UV_INDEX_URL:-${PIP_INDEX_URL:-}}}

if [ -z "$UV_DEFAULT_INDEX${UV_FIND_LINKS:-}${UV_NO_INDEX:-}" ]; then
    exec "$uv" sync --locked "$@"
fi

# uv.lock names the index that it was made from, and uv takes another one for a change of the lock.
# The versions and hashes in it hold on every index, so here they are installed from the one given.
export UV_DEFAULT_INDEX
environment=$UV_PROJECT_ENVIRONMENT
"$uv" venv --quiet --allow-existing "$environment"
"$uv" export --quiet --frozen --no-emit-project "$@" --output-file "$environment/pinned.txt"
"$uv" pip sync --python "$environment" --require-hashes "$environment/pinned.txt"
"$uv" pip install --python "$environment" --no-deps --editable .
