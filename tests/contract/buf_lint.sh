#!/usr/bin/env bash
# buf's rules over the protos, where npm can install buf; the descriptor test holds the project's own rules everywhere.
set -euo pipefail
version=1.75.0
source=$1 folder=$2/$version
command -v npm >/dev/null || { echo "buf_lint: skipped, npm is not installed"; exit 77; }
mkdir -p "$folder"
cd "$folder"
if [ ! -x node_modules/.bin/buf ]; then
  timeout 60 npm install --silent --no-audit --no-fund --no-save "@bufbuild/buf@$version" >/dev/null 2>&1 ||
    { echo "buf_lint: skipped, npm cannot install buf $version here"; exit 77; }
fi
cd "$source/protos"
exec "$folder/node_modules/.bin/buf" lint
