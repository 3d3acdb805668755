// SPDX-License-Identifier: Apache-2.0

/// A group of registers on a SunSpec device.
struct SunSpecModel: Hashable, Sendable {
    /// The number of the model that every device begins with: maker, name, serial number.
    static let common = 1

    /// The number of the model: 1 is the common one, 203 a three-phase meter.
    let id: Int
    /// The address of its first register, which holds the number.
    let base: Int
    /// How many registers follow the two of number and length.
    let length: Int
}

/// Finds the models of a SunSpec device: the marker, then model after model; without I/O.
///
/// Ask for ``next``, give the two registers or `nil` to ``take(_:)``, until ``next`` is `nil`.
struct SunSpecWalk: Sendable {
    /// "SunS".
    static let marker: [UInt16] = [0x5375, 0x6E53]
    /// The number that ends the list.
    static let end: UInt16 = 0xFFFF
    /// Real devices have fewer than thirty models; a list without end must end.
    static let maximumModels = 64

    /// The models found so far, in order of address.
    private(set) var models: [SunSpecModel] = []
    /// Whether the marker was found.
    private(set) var isSunSpec = false
    private var markers: ArraySlice<Int>
    private var position: Int?

    /// Starts a walk that looks for the marker at some addresses in turn.
    init(markers: [Int]) { self.markers = markers[...] }

    /// The two registers to read next; `nil` when the walk is over.
    var next: ReadBlock? {
        let address = isSunSpec ? position : markers.first
        return address.map { ReadBlock(address: $0, count: 2) }
    }

    /// Takes the registers of ``next``; `nil` when the device refused them.
    mutating func take(_ words: [UInt16]?) {
        guard isSunSpec else { return takeMarker(words) }
        guard let position, let words, words.count == 2, words[0] != SunSpecWalk.end else {
            self.position = nil
            return
        }
        let model = SunSpecModel(id: Int(words[0]), base: position, length: Int(words[1]))
        models.append(model)
        let following = position + 2 + model.length
        self.position = models.count < SunSpecWalk.maximumModels && following <= 65_534 ? following : nil
    }

    private mutating func takeMarker(_ words: [UInt16]?) {
        guard let address = markers.popFirst() else { return }
        guard words == SunSpecWalk.marker else { return }
        isSunSpec = true
        position = address + 2
    }
}
