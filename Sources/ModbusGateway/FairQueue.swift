// SPDX-License-Identifier: Apache-2.0

/// A queue that serves its owners in turn, so that one with many elements does not starve those with few (13.9).
struct FairQueue<Owner: Hashable, Element> {
    private var elements: [Owner: [Element]] = [:]
    /// Owners with elements, the next one first.
    private var turns: [Owner] = []

    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// How many elements an owner has.
    func count(of owner: Owner) -> Int { elements[owner]?.count ?? 0 }

    /// Puts an element behind the owner's others.
    mutating func append(_ element: Element, for owner: Owner) {
        if elements[owner, default: []].isEmpty { turns.append(owner) }
        elements[owner, default: []].append(element)
        count += 1
    }

    /// Puts an element before the owner's others, and the owner before all others.
    mutating func prepend(_ element: Element, for owner: Owner) {
        elements[owner, default: []].insert(element, at: 0)
        turns.removeAll { $0 == owner }
        turns.insert(owner, at: 0)
        count += 1
    }

    /// Takes the next element of the owner whose turn it is; those that may not have theirs keep their place.
    mutating func popFirst(mayPass: (Owner, Element) -> Bool = { _, _ in true }) -> Element? {
        let next = turns.firstIndex { owner in (elements[owner]?.first).map { mayPass(owner, $0) } ?? false }
        guard let next, var own = elements[turns[next]], !own.isEmpty else { return nil }
        let owner = turns.remove(at: next)
        let element = own.removeFirst()
        if own.isEmpty {
            elements[owner] = nil
        } else {
            elements[owner] = own
            turns.append(owner)
        }
        count -= 1
        return element
    }

    /// Takes out what fits.
    mutating func removeAll(where fits: (Element) -> Bool) {
        for (owner, own) in elements {
            let rest = own.filter { !fits($0) }
            count -= own.count - rest.count
            elements[owner] = rest.isEmpty ? nil : rest
            if rest.isEmpty { turns.removeAll { $0 == owner } }
        }
    }

    /// Changes the first element for which `change` returns `true`, in no particular order of owners.
    ///
    /// - Parameters:
    ///   - places: Only elements with fewer others of their owner before them are looked at.
    ///   - change: Changes an element and returns `true`, or leaves it alone.
    /// - Returns: Whether there was one.
    mutating func updateFirst(within places: Int = .max, _ change: (inout Element) -> Bool) -> Bool {
        for owner in turns {
            for index in (elements[owner] ?? []).indices.prefix(places) {
                if var element = elements[owner]?[index], change(&element) {
                    elements[owner]?[index] = element
                    return true
                }
            }
        }
        return false
    }
}
