// SPDX-License-Identifier: Apache-2.0
import Devices
import Documents
import Quantities
import Testing

@Suite("Shipped profiles")
struct ShippedProfilesTests {
    private static func blocks(_ pairs: [(Int, Int)]) -> [ReadBlock] {
        pairs.map { ReadBlock(address: $0.0, count: $0.1) }
    }

    @Test("The catalogue finds its files beside the program")
    func found() throws {
        let catalogue = try ProfileCatalogue()
        #expect(catalogue.meterNames.contains("socomec-countis-e27"))
        #expect(catalogue.chargerNames.contains("alfen-ng9xx"))
    }

    @Test("Every shipped profile loads, names its source, and reads currents, powers and voltages in one request")
    func meters() throws {
        let catalogue = try ProfileCatalogue()
        for name in catalogue.meterNames {
            let profile = try catalogue.meter(name)
            #expect(!profile.header.source.isEmpty, "\(name)")
            #expect(profile.pollBlocks.count == 1, "\(name)")
            for block in profile.pollBlocks + profile.slowBlocks {
                #expect(block.count <= profile.header.planner.maximumCount, "\(name)")
            }
            for phase in Phase.allCases { #expect(profile.fields[.current(phase)] != nil, "\(name)") }
        }
        for name in catalogue.chargerNames {
            let profile = try catalogue.charger(name)
            #expect(!profile.header.source.isEmpty, "\(name)")
            #expect(!profile.socketBlocks.isEmpty, "\(name)")
        }
    }

    @Test(
        "The requests of each meter are the expected ones",
        arguments: [
            ("socomec-countis-e27", [(50_520, 30)], [(50_946, 8)]),
            ("eastron-sdm630", [(0, 18)], [(70, 6)]),
            ("abb-b23-b24", [(23_296, 28)], [(20_480, 8), (23_340, 1)]),
            ("carlo-gavazzi-em24", [(0, 24)], [(51, 3), (78, 2)]),
            ("sunspec-203", [(3, 20)], [(38, 17)]),
            ("sunspec-213", [(4, 32)], [(60, 10)]),
        ]
    )
    func plans(name: String, poll: [(Int, Int)], slow: [(Int, Int)]) throws {
        let profile = try ProfileCatalogue().meter(name)
        #expect(profile.pollBlocks == Self.blocks(poll))
        #expect(profile.slowBlocks == Self.blocks(slow))
    }

    @Test("The station profile has the documented registers")
    func alfen() throws {
        let profile = try ProfileCatalogue().charger("alfen-ng9xx")
        #expect(profile.stationUnit == 200)
        #expect(profile.socketUnits == [1, 2])
        #expect(profile.setpoint.field.address == 1210)
        #expect(profile.setpoint.resolution == Amperes(milliamperes: 100))
        #expect(profile.stationBlocks == Self.blocks([(174, 4)]))
        #expect(profile.socketBlocks == Self.blocks([(301, 25), (1200, 16)]))
        #expect(profile.validity?.usual == .seconds(60))
        #expect(profile.maximumConnections == 2)
    }

    @Test("An unknown name is answered with the nearest known one, and cannot lead out of the folder")
    func unknown() throws {
        let catalogue = try ProfileCatalogue()
        #expect(
            throws: ProfileError.unknown("socomec-countis-e72", nearest: "socomec-countis-e27", kind: "meter")
        ) {
            try catalogue.meter("socomec-countis-e72")
        }
        #expect(throws: ProfileError.unknown("alfen", nearest: nil, kind: "station")) { try catalogue.charger("alfen") }
        #expect(throws: ProfileError.self) { try catalogue.meter("../meters/socomec-countis-e27") }
        #expect(throws: ProfileError.self) { try catalogue.meter("") }
    }

    @Test("A folder that does not exist is named")
    func noFolder() {
        #expect(throws: ProfileError.noProfiles(searched: ["/no/such/folder"])) {
            try ProfileCatalogue(folder: "/no/such/folder")
        }
    }
}
