// SPDX-License-Identifier: Apache-2.0
public import Documents
internal import Profiles

/// Why a profile cannot be used.
public enum ProfileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No folder with profiles was found.
    case noProfiles(searched: [String])
    /// No profile has this name.
    case unknown(String, nearest: String?, kind: String)
    /// The profile's file is wrong.
    case invalid(DocumentError)

    /// What is wrong and what to write instead.
    public var description: String {
        switch self {
        case .noProfiles(let searched):
            "no folder with device profiles was found; searched \(searched.joined(separator: ", "))"
        case .unknown(let name, let nearest, let kind):
            "there is no \(kind) profile \"\(name)\"" + (nearest.map { "; did you mean \"\($0)\"?" } ?? "")
        case .invalid(let error):
            error.description
        }
    }
}

/// The device profiles that can be used: files, found when the program runs.
///
/// A profile is a file `meters/NAME.yaml` or `chargers/NAME.yaml` in one of the folders; the first folder that has it
/// decides, so that a folder of one's own can correct or add to the shipped ones.
public struct ProfileCatalogue: Sendable {
    /// The longest name of a profile.
    static let maximumNameLength = 60
    private static let fileSuffix = ".yaml"

    /// The folders, most preferred first.
    public let folders: [String]

    /// Uses some folders only.
    public init(folders: [String]) { self.folders = folders }

    /// Uses a folder of one's own, when given, and the profiles shipped with the program.
    ///
    /// - Throws: ``ProfileError/noProfiles(searched:)`` when none of the folders exists, or the given one does not.
    public init(folder: String? = nil) throws(ProfileError) {
        let searched = [folder].compactMap(\.self) + ShippedProfiles.candidates()
        let found = searched.filter { ProfileCatalogue.isCatalogue($0) }
        guard let first = found.first, folder == nil || first == folder else {
            throw .noProfiles(searched: folder.map { [$0] } ?? searched)
        }
        folders = found
    }

    /// The names of all meter profiles, in order of text.
    public var meterNames: [String] { names(.meter) }

    /// The names of all station profiles, in order of text.
    public var chargerNames: [String] { names(.charger) }

    /// Reads the profile of a meter.
    public func meter(_ name: String) throws(ProfileError) -> MeterProfile {
        let document = try document(name, .meter)
        do {
            return try MeterProfile(document: document, name: name)
        } catch {
            throw .invalid(error)
        }
    }

    /// Reads the profile of a station.
    public func charger(_ name: String) throws(ProfileError) -> ChargerProfile {
        let document = try document(name, .charger)
        do {
            return try ChargerProfile(document: document, name: name)
        } catch {
            throw .invalid(error)
        }
    }

    private static func isCatalogue(_ folder: String) -> Bool {
        ProfileKind.allCases.contains { DirectoryListing.names(in: folder + "/" + $0.folder) != nil }
    }

    private func names(_ kind: ProfileKind) -> [String] {
        let names = folders.flatMap { DirectoryListing.names(in: $0 + "/" + kind.folder) ?? [] }
            .filter { $0.hasSuffix(ProfileCatalogue.fileSuffix) }
            .map { String($0.dropLast(ProfileCatalogue.fileSuffix.count)) }
        return Set(names).sorted()
    }

    private func document(_ name: String, _ kind: ProfileKind) throws(ProfileError) -> Document {
        let known = names(kind)
        // Only names that were listed are opened, so that a name cannot lead out of the folder.
        guard known.contains(name) else {
            throw .unknown(
                name,
                nearest: Spelling.nearest(to: name, among: known),
                kind: kind == .meter ? "meter" : "station"
            )
        }
        let file = "\(kind.folder)/\(name)\(ProfileCatalogue.fileSuffix)"
        for folder in folders
        where DirectoryListing.names(in: "\(folder)/\(kind.folder)")?.contains(name + ".yaml") == true {
            do {
                return try Document(path: "\(folder)/\(file)", name: file)
            } catch {
                throw .invalid(error)
            }
        }
        throw .unknown(name, nearest: nil, kind: kind.rawValue)
    }
}
