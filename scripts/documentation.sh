#!/usr/bin/env bash
# Builds the pages of the library's targets into .build/documentation, with the toolchain's docc.
# A link that leads nowhere is an error.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
docc=$(command -v docc || echo "$(dirname "$(readlink -f "$(command -v swift)")")/docc")
if [ ! -x "$docc" ]; then echo "this Swift toolchain has no docc; take one from swift.org" >&2; exit 69; fi

swift package dump-symbol-graph --minimum-access-level public --emit-extension-block-symbols
graphs=$(dirname "$(swift build --show-bin-path)")/symbolgraph
parts=.build/documentation-parts
rm -rf "$parts" .build/documentation
archives=()
for target in Modbus ModbusNIO ModbusSerial ModbusGateway ModbusTLS; do
  mkdir -p "$parts/$target"
  # Beside its own symbols a target has those it adds to others: ModbusTLS@ModbusNIO.symbols.json.
  find "$graphs" \( -name "$target.symbols.json" -o -name "$target@*.symbols.json" \) -exec cp {} "$parts/$target" \;
  "$docc" convert "Sources/$target/$target.docc" --additional-symbol-graph-dir "$parts/$target" \
    --fallback-display-name "$target" --fallback-bundle-identifier "headroom.$target" --warnings-as-errors \
    --output-path "$parts/$target.doccarchive"
  archives+=("$parts/$target.doccarchive")
done
"$docc" merge "${archives[@]}" --synthesized-landing-page-name "Headroom's Modbus library" \
  --output-path .build/documentation
echo "built: .build/documentation; look at it with"
echo "  python3 -m http.server --directory .build/documentation 8000    # http://localhost:8000/documentation"
