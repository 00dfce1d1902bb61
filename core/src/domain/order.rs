//! One sorting routine for every type: std's is compiled anew for each, some 5 KB of program at a time. For lists as people read
//! them; the store sorts its million rows by itself.

use std::cmp::Ordering;

/// Sorts a list by a comparison; what compares as equal keeps its order.
///
/// ```
/// use action_center_core::domain::order::sort_by;
/// let mut words = ["bb", "a", "cc", "d"];
/// sort_by(&mut words, |left, right| left.len().cmp(&right.len()));
/// assert_eq!(words, ["a", "d", "bb", "cc"]);
/// ```
pub fn sort_by<T>(items: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    let mut places = places(
        items.len(),
        &|left, right| match (items.get(left), items.get(right)) {
            (Some(left), Some(right)) => compare(left, right),
            _ => Ordering::Equal,
        },
    );
    // Every swap brings one item to its place.
    for index in 0..items.len() {
        while let Some(place) = places.get(index).copied().filter(|place| *place != index) {
            items.swap(index, place);
            places.swap(index, place);
        }
    }
}

/// Where each of the items goes.
fn places(n_items: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n_items).collect();
    order.sort_by(|left, right| compare(*left, *right));
    let mut places = vec![0; n_items];
    for (place, item) in order.into_iter().enumerate() {
        if let Some(at) = places.get_mut(item) {
            *at = place;
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::sort_by;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_sorts_as_std_does(keys in proptest::collection::vec(0_u8..8, 0..60)) {
            let mut ours: Vec<(u8, usize)> = keys.iter().copied().zip(0..).collect();
            let mut theirs = ours.clone();
            sort_by(&mut ours, |left, right| left.0.cmp(&right.0));
            theirs.sort_by_key(|(key, _)| *key);
            prop_assert_eq!(ours, theirs);
        }
    }
}
