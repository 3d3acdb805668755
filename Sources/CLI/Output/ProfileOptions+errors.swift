// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Devices

extension ProfileOptions {
    /// Reads a profile, or tells why it cannot be used and ends the command.
    func reading<Profile>(_ read: (ProfileCatalogue) throws(ProfileError) -> Profile) throws -> Profile {
        let catalogue = try catalogue()
        do {
            return try read(catalogue)
        } catch {
            throw Console.fail("headroom: \(error)", error.exitCode)
        }
    }
}

extension ProfileError {
    /// How a command ends that cannot use a profile.
    var exitCode: ExitCode {
        switch self {
        case .unknown: .validationFailure
        case .invalid: .badData
        case .noProfiles: .inputOutput
        }
    }
}
