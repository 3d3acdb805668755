// SPDX-License-Identifier: Apache-2.0

/// What a device says about itself: vendor, product and revision, and more (function 43, type 14).
public struct DeviceIdentification: Hashable, Sendable {
    /// The type of function 43 that asks for it.
    public static let interfaceType: UInt8 = 14

    /// How objects are asked for.
    public struct ReadCode: RawRepresentable, Hashable, Sendable {
        /// The byte on the wire.
        public let rawValue: UInt8

        /// Holds any byte; 1 to 4 mean something.
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// The objects 0 to 2, which every device has.
        public static let basic = ReadCode(rawValue: 1)
        /// The objects 0 to 6.
        public static let regular = ReadCode(rawValue: 2)
        /// All objects.
        public static let extended = ReadCode(rawValue: 3)
        /// One object.
        public static let individual = ReadCode(rawValue: 4)

        /// The highest object a stream of this kind carries; `nil` for one object and for unknown codes.
        var lastObject: UInt8? {
            switch self {
            case .basic: 0x02
            case .regular: 0x06
            case .extended: 0xFF
            default: nil
            }
        }
    }

    /// One piece of an identification.
    public struct Object: Hashable, Sendable {
        /// 0 vendor, 1 product code, 2 revision, 3 URL, 4 product name, 5 model name, 6 application name; 0x80 and up
        /// are the vendor's own.
        public var id: UInt8
        /// The text as it was sent, ASCII in the standard.
        public var value: [UInt8]

        /// Creates an object.
        public init(id: UInt8, value: [UInt8]) {
            self.id = id
            self.value = value
        }
    }

    /// What fits one answer.
    public struct Page: Hashable, Sendable {
        /// The valid values of ``conformity``.
        static let conformities: [UInt8] = [0x01, 0x02, 0x03, 0x81, 0x82, 0x83]
        /// The bytes of an answer in front of its objects.
        static let headCount = 7

        /// How the objects were asked for.
        public var code: ReadCode
        /// 1 basic, 2 regular, 3 extended; 0x80 added where single objects can be asked for too.
        public var conformity: UInt8
        /// The object to ask for next; `nil` when all were given.
        public var next: UInt8?
        /// The objects in order.
        public var objects: [Object]

        /// Creates a page.
        public init(code: ReadCode, conformity: UInt8, next: UInt8? = nil, objects: [Object]) {
            self.code = code
            self.conformity = conformity
            self.next = next
            self.objects = objects
        }

        /// The bytes of the PDU that carries the page.
        var pduCount: Int { objects.reduce(Page.headCount) { $0 + 2 + $1.value.count } }
    }

    private var objects: [UInt8: [UInt8]]

    /// Creates an identification with the three objects every device has.
    ///
    /// Texts are cut to what fits an answer undivided (8.36); what is not ASCII becomes a question mark (8.31).
    public init(vendor: String, productCode: String, revision: String) {
        objects = [:]
        self[0] = DeviceIdentification.ascii(vendor)
        self[1] = DeviceIdentification.ascii(productCode)
        self[2] = DeviceIdentification.ascii(revision)
    }

    private static func ascii(_ text: String) -> [UInt8] { text.map { $0.asciiValue ?? questionMark } }

    private static let questionMark = UInt8(ascii: "?")
    /// Objects that the standard keeps for itself.
    private static let reserved: ClosedRange<UInt8> = 0x07...0x7F

    /// An object's bytes; the three basic ones can be changed and not removed.
    ///
    /// Bytes are cut to what fits an answer undivided. Objects 0 to 6 are ASCII, other bytes become question marks;
    /// 0x80 to 0xFF hold any bytes. 0x07 to 0x7F are reserved and cannot be set.
    public subscript(id: UInt8) -> [UInt8]? {
        get { objects[id] }
        set {
            guard newValue != nil || id > 2, !DeviceIdentification.reserved.contains(id) else { return }
            objects[id] = newValue.map { value in
                value.prefix(Limits.identificationObject).map {
                    $0 < 0x80 || id >= 0x80 ? $0 : DeviceIdentification.questionMark
                }
            }
        }
    }

    /// The device's level, with single objects allowed.
    private var conformity: UInt8 {
        let highest = objects.keys.max() ?? 0
        return 0x80 | (highest <= 2 ? 1 : highest <= 6 ? 2 : 3)
    }

    /// What to answer to a request (8.32 to 8.36).
    ///
    /// - Parameters:
    ///   - code: How objects are asked for.
    ///   - first: The object to begin with; in a stream an unknown one begins anew.
    /// - Returns: As many objects as fit one answer.
    /// - Throws: ``ExceptionCode/illegalDataValue`` for an unknown code, ``ExceptionCode/illegalDataAddress`` for a
    ///   single object that does not exist.
    public func page(_ code: ReadCode, from first: UInt8) throws(ExceptionCode) -> Page {
        if code == .individual {
            guard let value = objects[first] else { throw .illegalDataAddress }
            return Page(code: code, conformity: conformity, objects: [Object(id: first, value: value)])
        }
        guard let last = code.lastObject else { throw .illegalDataValue }
        let start = objects[first] == nil || first > last ? 0 : first
        var page = Page(code: code, conformity: conformity, objects: [])
        for (id, value) in objects.filter({ (start...last).contains($0.key) }).sorted(by: { $0.key < $1.key }) {
            guard page.pduCount + 2 + value.count <= Limits.pduCount else {
                page.next = id
                break
            }
            page.objects.append(Object(id: id, value: value))
        }
        return page
    }
}
