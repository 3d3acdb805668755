#!/usr/bin/env bash
# Looks for inputs that break the properties of Tests/ModbusPropertyTests; Fuzz/README.md explains it.
# Usage: scripts/fuzz.sh [--seconds N] [PROPERTY…]    N seconds for each property, 20 unless given.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 74
seconds=20
properties=()
while [ $# -gt 0 ]; do
  case "$1" in
    --seconds) seconds=${2:-}; shift ;;
    -*) echo "usage: scripts/fuzz.sh [--seconds N] [PROPERTY…]" >&2; exit 64 ;;
    *) properties+=("$1") ;;
  esac
  shift
done
[[ $seconds =~ ^[0-9]+$ ]] || { echo "fuzz: --seconds takes a whole number" >&2; exit 64; }
known=()
for file in Fuzz/Inputs/*.hex; do known+=("$(basename "$file" .hex)"); done
[ ${#properties[@]} -gt 0 ] || properties=("${known[@]}")
for property in "${properties[@]}"; do
  [ -f "Fuzz/Inputs/$property.hex" ] || { echo "fuzz: no property $property; there are ${known[*]}" >&2; exit 64; }
done
# Otherwise the crash handler stays behind and holds the pipe.
export SWIFT_BACKTRACE=enable=no

work=$root/.build-fuzz
mkdir -p "$work"
# Two modules and a program, all with the fuzzer's counters.
build() {
  local flags=(-O -wmo -parse-as-library -swift-version 6 -sanitize=fuzzer -I "$work"
    -enable-upcoming-feature MemberImportVisibility -enable-upcoming-feature InternalImportsByDefault)
  local -A folders=([Modbus]=$root/Sources/Modbus [ModbusProperties]=$root/Tests/ModbusPropertyTests/Properties)
  local module
  cd "$work" || return 1
  for module in Modbus ModbusProperties; do
    mapfile -t sources < <(find "${folders[$module]}" -name '*.swift' | sort)
    swiftc "${flags[@]}" -module-name "$module" -emit-module -emit-library -static -o "lib$module.a" "${sources[@]}" ||
      return 1
  done
  swiftc "${flags[@]}" -module-name Fuzz "$root/Fuzz/Fuzz.swift" -L "$work" -lModbusProperties -lModbus -o fuzz
}
stamp=$(find Sources/Modbus Tests/ModbusPropertyTests/Properties Fuzz/Fuzz.swift scripts/fuzz.sh -type f | sort | xargs cat |
  sha256sum)
if [ ! -x "$work/fuzz" ] || [ "$(cat "$work/stamp" 2>/dev/null)" != "$stamp" ]; then
  (build) >"$work/build.log" 2>&1 || { cat "$work/build.log"; echo "fuzz: the build failed" >&2; exit 1; }
  echo "$stamp" >"$work/stamp"
fi

# One input a line, in hexadecimal, with a remark behind a number sign.
seeds() {
  python3 - "Fuzz/Inputs/$1.hex" "$2" <<'PY'
import pathlib, sys
lines = pathlib.Path(sys.argv[1]).read_text().splitlines()
for number, line in enumerate(lines):
    digits = line.split("#")[0].strip()
    if digits:
        (pathlib.Path(sys.argv[2]) / f"{number:04}").write_bytes(bytes.fromhex(digits))
PY
}

run() {
  local property=$1 folder=$work/$1
  rm -rf "$folder/seeds"
  mkdir -p "$folder/seeds" "$folder/corpus" "$folder/crashes"
  seeds "$property" "$folder/seeds" || return 1
  FUZZ_PROPERTY=$property "$work/fuzz" -max_total_time="$seconds" -max_len=700 -timeout=5 -rss_limit_mb=1024 \
    -print_final_stats=1 -artifact_prefix="$folder/crashes/" "$folder/corpus" "$folder/seeds" >"$folder/log" 2>&1
}

failed=0
report() {
  local property=$1 status=$2 log=$work/$1/log
  local count features
  count=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  features=$(grep -o 'cov: [0-9]*' "$log" | tail -n 1)
  if [ "$status" -eq 0 ] && [ "${count:-0}" -gt 100 ]; then
    echo "fuzz: $property: $count inputs, $features"
    return
  fi
  failed=1
  echo "fuzz: $property FAILED"
  grep -v -E '^(#|INFO|stat::)' "$log" | head -n 30
  local crash
  crash=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
  [ -n "$crash" ] || return
  echo "fuzz: to reproduce: FUZZ_PROPERTY=$property $work/fuzz $crash"
  echo "fuzz: to keep it as a test, add this line to Fuzz/Inputs/$property.hex:"
  echo "$(od -An -v -tx1 "$crash" | tr -d ' \n') # what it shows"
}

# Two at a time.
for ((index = 0; index < ${#properties[@]}; index += 2)); do
  run "${properties[index]}" & first=$!
  second=
  if [ $((index + 1)) -lt ${#properties[@]} ]; then run "${properties[index + 1]}" & second=$!; fi
  wait $first
  report "${properties[index]}" $?
  if [ -n "$second" ]; then
    wait $second
    report "${properties[index + 1]}" $?
  fi
done
exit $failed
