// SPDX-License-Identifier: Apache-2.0
public import Balancing
public import Devices
public import Documents
public import Quantities

/// A site as an electrician describes it: read, checked, and turned into what the program works with.
public struct SiteFile: Sendable {
    /// The name of the site.
    public let name: String
    /// The site for the balancer.
    public let site: Site
    /// The grid meter.
    public let meter: MeterSettings
    /// The charging stations.
    public let stations: [StationSettings]
    /// What is allowed but should be looked at.
    public let warnings: [Fault]

    /// Where the meter is and what it is.
    public struct MeterSettings: Sendable {
        /// Its register map.
        public var profile: MeterProfile
        /// Address or name.
        public var host: String
        /// TCP port.
        public var port: Int
        /// Unit identifier.
        public var unit: UInt8
        /// Whether it hangs the wrong way round.
        public var isInverted: Bool
        /// The serial number it must have, if one is given.
        public var serial: String?
        /// The most it can measure, where the profile does not know or the current transformers decide.
        public var rating: Amperes?
    }

    /// Where a station is and what it is.
    public struct StationSettings: Sendable {
        /// Its name.
        public var id: StationID
        /// Its register map.
        public var profile: ChargerProfile
        /// Address or name.
        public var host: String
        /// TCP port.
        public var port: Int
        /// Its sockets with their unit identifiers.
        public var sockets: [(id: SocketID, unit: UInt8)]
    }

    /// Reads and checks a site file.
    ///
    /// - Parameters:
    ///   - path: Where the file is.
    ///   - catalogue: The device profiles.
    /// - Throws: ``DocumentError`` with everything that is wrong: nothing of a site with a mistake is ever used.
    public init(path: String, catalogue: ProfileCatalogue) throws(DocumentError) {
        self = try SiteFile.read(try Document(path: path), catalogue)
    }

    /// Reads and checks the text of a site file.
    public init(text: String, file: String = "site.yaml", catalogue: ProfileCatalogue) throws(DocumentError) {
        self = try SiteFile.read(try Document(text: text, file: file), catalogue)
    }

    init(
        name: String,
        site: Site,
        meter: MeterSettings,
        stations: [StationSettings],
        warnings: [Fault]
    ) {
        self.name = name
        self.site = site
        self.meter = meter
        self.stations = stations
        self.warnings = warnings
    }

    private static func read(_ document: Document, _ catalogue: ProfileCatalogue) throws(DocumentError) -> SiteFile {
        let reader = SiteReader(catalogue: catalogue, file: document.file)
        return try document.read { root in reader.read(root) }
    }
}
