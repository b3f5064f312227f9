#!/usr/bin/env bash
# Every C++ file stands as clang-format 14 with the tree's .clang-format would set it.
set -euo pipefail
command -v clang-format >/dev/null || { echo "format_check: skipped, clang-format is not installed"; exit 77; }
cd "$1"
files=$(git ls-files '*.cc' '*.h' 2>/dev/null) || { echo "format_check: skipped, this is no git checkout"; exit 77; }
# shellcheck disable=SC2086
clang-format --dry-run -Werror $files
