// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Devices

@Suite("SunSpec discovery")
struct SunSpecWalkTests {
    /// Walks through registers; other addresses are refused as a device does.
    private static func walk(_ registers: [Int: [UInt16]], markers: [Int] = [40_000, 50_000, 0]) -> SunSpecWalk {
        var walk = SunSpecWalk(markers: markers)
        var steps = 0
        while let block = walk.next, steps < 1000 {
            walk.take(registers[block.address])
            steps += 1
        }
        #expect(steps < 1000)
        return walk
    }

    @Test("Models are found one after the other up to the end mark")
    func models() {
        let walk = Self.walk([
            50_000: [0x5375, 0x6E53], 50_002: [1, 66], 50_070: [203, 105], 50_177: [0xFFFF, 0],
        ])
        #expect(walk.isSunSpec)
        #expect(walk.models.map(\.id) == [1, 203])
        #expect(walk.models.map(\.base) == [50_002, 50_070])
    }

    @Test("A device without the marker has no models")
    func noMarker() {
        #expect(Self.walk([40_000: [0x5375, 0x6E54], 0: [0, 0]]).models.isEmpty)
        #expect(!Self.walk([:]).isSunSpec)
    }

    @Test("A list without end, beyond the last register, or cut off comes to an end")
    func endless() {
        var registers: [Int: [UInt16]] = [0: [0x5375, 0x6E53]]
        for address in 2...400 { registers[address] = [7, 0] }
        #expect(Self.walk(registers).models.count == SunSpecWalk.maximumModels)
        #expect(Self.walk([0: [0x5375, 0x6E53], 2: [1, 65_534]]).models.count == 1)
        #expect(Self.walk([0: [0x5375, 0x6E53], 2: [1, 66]]).models.count == 1)
        #expect(Self.walk([0: [0x5375, 0x6E53], 2: [1]]).models.isEmpty)
    }
}
