#!/usr/bin/env bash
# Runs every command of the README that is marked to be checked: lines of ```console blocks that begin with "$ ".
# A command that goes on until it is stopped is stopped after a few seconds; it must still be running then.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 74
mapfile -t commands < <(awk '/^ *```console/ {on=1; next} /^ *```/ {on=0} on && /^ *\$ / {sub(/^ *\$ /, ""); print}' README.md)
if [ ${#commands[@]} -eq 0 ]; then echo "README.md has no commands to check"; exit 1; fi

status=0
for line in "${commands[@]}"; do
  limit=""
  command=$line
  case "$line" in
    ./test*) echo "skipped (is running): $line"; continue ;;
    *"# until ctrl-C"*) limit=5; command=${line%%#*} ;;
    *"# needs "*) echo "skipped (${line##*# }): $line"; continue ;;
  esac
  output=$(mktemp)
  if [ -n "$limit" ]; then
    timeout --signal=INT --kill-after=10 "$limit" bash -c "exec $command" >"$output" 2>&1 </dev/null
    code=$?
    # 124: still running when stopped; 0: ended by the signal as it should.
    [ $code -eq 124 ] && code=0
  else
    timeout 900 bash -c "$command" >"$output" 2>&1 </dev/null
    code=$?
  fi
  if [ $code -eq 0 ]; then
    echo "works: $line"
  else
    echo "FAILS ($code): $line"
    tail -n 15 "$output"
    status=1
  fi
  rm -f "$output"
done
exit $status
