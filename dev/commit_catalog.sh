# Commits and pushes what a refresh of the catalog changed; without a change, does nothing.
set -eu

set --
for file in models.json models/model_registry.yaml; do
    if [ -e "$file" ] && [ -n "$(git status --porcelain -- "$file")" ]; then
        git add -- "$file"
        set -- "$@" "$file"
    fi
done
if [ $# -eq 0 ]; then
    echo "No changes, so nothing is committed."
    exit 0
fi

# Whoever has a name keeps it; a machine that has none gets one.
git config user.name >/dev/null || git config user.name "model registry"
git config user.email >/dev/null || git config user.email "model-registry@users.noreply.github.com"
git commit --quiet --message "chore: update models.json ($(date -u +%Y-%m-%dT%H:%M:%SZ))" \
    -- "$@"
git push --quiet
git log -1 --format=%s
