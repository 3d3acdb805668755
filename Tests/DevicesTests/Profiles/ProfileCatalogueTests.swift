// SPDX-License-Identifier: Apache-2.0
import Devices
import Documents
import Foundation
import Testing

@Suite("Profile catalogue")
struct ProfileCatalogueTests {
    /// Runs a body with a folder of profiles that is removed afterwards.
    private static func withFolder(_ files: [String: String], _ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "profiles-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        for (path, text) in files {
            let file = folder.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(text.utf8).write(to: file)
        }
        try body(folder.path)
    }

    private static let sample = """
        schema: 1
        kind: meter
        id: NAME
        vendor: My own
        models: [One]
        word_order: high_word_first
        current_sign: register
        quantities: { current: { addresses: [0, 1, 2], type: s16, unit: A } }
        confidence: low
        source: A test
        """

    @Test("A folder of one's own adds profiles and replaces shipped ones")
    func ownFolder() throws {
        let files = ["my-meter", "eastron-sdm630"].map {
            ("meters/\($0).yaml", Self.sample.replacing("NAME", with: $0))
        }
        try Self.withFolder(Dictionary(uniqueKeysWithValues: files)) { folder in
            let catalogue = try ProfileCatalogue(folder: folder)
            #expect(try catalogue.meter("my-meter").header.vendor == "My own")
            #expect(try catalogue.meter("eastron-sdm630").header.vendor == "My own")
            #expect(try catalogue.meter("abb-b23-b24").header.vendor == "ABB")
            #expect(catalogue.meterNames.contains("my-meter"))
        }
    }

    @Test("A wrong file is named with its folder, and the others stay usable")
    func wrongFile() throws {
        try Self.withFolder(["meters/bad.yaml": "schema: 1\n", "meters/notes.txt": "x"]) { folder in
            let catalogue = try ProfileCatalogue(folder: folder)
            #expect(!catalogue.meterNames.contains("notes"))
            let error = #expect(throws: ProfileError.self) { try catalogue.meter("bad") }
            #expect(error?.description.hasPrefix("meters/bad.yaml:1: kind: is missing") == true)
            #expect(throws: Never.self) { try catalogue.meter("abb-b23-b24") }
        }
    }
}
