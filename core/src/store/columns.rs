//! Fixed-width columns: dictionary codes and whole numbers, as narrow as what they hold allows.
//! A column that nothing was written to takes no memory; rows behind its end have no value.

/// Dictionary codes by row; 0 is a missing value.
#[derive(Debug)]
pub(super) enum Codes {
    Narrow(Vec<u8>),
    Middle(Vec<u16>),
    Wide(Vec<u32>),
}

/// Rows that are read at once: as many as a bitmap's word has bits.
pub(super) const BLOCK: usize = 64;

impl Codes {
    pub(super) const fn new() -> Self {
        Self::Narrow(Vec::new())
    }

    pub(super) fn get(&self, row: u32) -> u32 {
        let row = row as usize;
        match self {
            Self::Narrow(codes) => codes.get(row).map_or(0, |code| u32::from(*code)),
            Self::Middle(codes) => codes.get(row).map_or(0, |code| u32::from(*code)),
            Self::Wide(codes) => codes.get(row).copied().unwrap_or(0),
        }
    }

    pub(super) fn set(&mut self, row: u32, code: u32) {
        if code > 0xFF
            && let Self::Narrow(codes) = self
        {
            *self = Self::Middle(codes.iter().map(|code| u16::from(*code)).collect());
        }
        if code > 0xFFFF
            && let Self::Middle(codes) = self
        {
            *self = Self::Wide(codes.iter().map(|code| u32::from(*code)).collect());
        }
        if code == 0 && row as usize >= self.len() {
            return;
        }
        match self {
            Self::Narrow(codes) => put(codes, row as usize, code as u8, 0),
            Self::Middle(codes) => put(codes, row as usize, code as u16, 0),
            Self::Wide(codes) => put(codes, row as usize, code, 0),
        }
    }

    /// The codes of 64 rows from `64 * at`.
    #[inline]
    pub(super) fn read_block(&self, at: usize, block: &mut [u32; BLOCK]) {
        let from = at * BLOCK;
        let until = (from + BLOCK).min(self.len());
        if until < from + BLOCK {
            block.fill(0);
            if until <= from {
                return;
            }
        }
        match self {
            Self::Narrow(codes) => {
                for (to, code) in block.iter_mut().zip(&codes[from..until]) {
                    *to = u32::from(*code);
                }
            }
            Self::Middle(codes) => {
                for (to, code) in block.iter_mut().zip(&codes[from..until]) {
                    *to = u32::from(*code);
                }
            }
            Self::Wide(codes) => block[..until - from].copy_from_slice(&codes[from..until]),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Narrow(codes) => codes.len(),
            Self::Middle(codes) => codes.len(),
            Self::Wide(codes) => codes.len(),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Narrow(codes) => codes.capacity(),
            Self::Middle(codes) => codes.capacity() * 2,
            Self::Wide(codes) => codes.capacity() * 4,
        }
    }
}

/// Puts a value in its row. Nearly always that is the next one; rows that are passed over are missing.
#[inline]
fn put<T: Copy>(values: &mut Vec<T>, row: usize, value: T, missing: T) {
    if row >= values.len() {
        if row > values.len() {
            values.resize(row, missing);
        }
        values.push(value);
    } else {
        values[row] = value;
    }
}

/// Whole numbers by row. They are kept in 32 bits while every one is a multiple of the column's unit that fits, as
/// times of whole seconds from 1970 to 2106 do.
#[derive(Debug)]
pub(super) struct Wholes {
    unit: i64,
    values: Values,
}

#[derive(Debug)]
enum Values {
    Narrow(Vec<u32>),
    Wide(Vec<i64>),
}

/// Stands for a missing value; the one number that can't be kept is held one above the least.
const NARROW_MISSING: u32 = u32::MAX;
pub(super) const MISSING: i64 = i64::MIN;

impl Wholes {
    pub(super) const fn new(unit: i64) -> Self {
        Self {
            unit,
            values: Values::Narrow(Vec::new()),
        }
    }

    pub(super) fn get(&self, row: u32) -> Option<i64> {
        match &self.values {
            Values::Narrow(values) => values
                .get(row as usize)
                .filter(|value| **value != NARROW_MISSING)
                .map(|value| i64::from(*value) * self.unit),
            Values::Wide(values) => values
                .get(row as usize)
                .copied()
                .filter(|value| *value != MISSING),
        }
    }

    pub(super) fn set(&mut self, row: u32, value: Option<i64>) {
        let row = row as usize;
        if value.is_none() && row >= self.len() {
            return;
        }
        let narrow = match value {
            None => Some(NARROW_MISSING),
            Some(value) if value % self.unit == 0 => u32::try_from(value / self.unit)
                .ok()
                .filter(|narrow| *narrow != NARROW_MISSING),
            Some(_) => None,
        };
        if narrow.is_none()
            && let Values::Narrow(values) = &self.values
        {
            let unit = self.unit;
            self.values = Values::Wide(
                values
                    .iter()
                    .map(|value| {
                        if *value == NARROW_MISSING {
                            MISSING
                        } else {
                            i64::from(*value) * unit
                        }
                    })
                    .collect(),
            );
        }
        match &mut self.values {
            Values::Narrow(values) => put(values, row, narrow.unwrap_or(NARROW_MISSING), NARROW_MISSING),
            Values::Wide(values) => {
                let value = value.map_or(MISSING, |value| value.max(MISSING + 1));
                put(values, row, value, MISSING);
            }
        }
    }

    /// The values of 64 rows from `64 * at`, in the unit that `scale` says; `MISSING` where there is none.
    #[inline]
    pub(super) fn read_block(&self, at: usize, block: &mut [i64; BLOCK]) {
        let from = (at * BLOCK).min(self.len());
        let until = (from + BLOCK).min(self.len());
        if until < from + BLOCK {
            block.fill(MISSING);
        }
        match &self.values {
            Values::Narrow(values) => {
                for (to, value) in block.iter_mut().zip(&values[from..until]) {
                    *to = if *value == NARROW_MISSING {
                        MISSING
                    } else {
                        i64::from(*value)
                    };
                }
            }
            Values::Wide(values) => block[..until - from].copy_from_slice(&values[from..until]),
        }
    }

    /// What a value of `read_block` is multiplied by.
    pub(super) fn scale(&self) -> i64 {
        match self.values {
            Values::Narrow(_) => self.unit,
            Values::Wide(_) => 1,
        }
    }

    /// Of the 64 rows from `64 * at`, those that have a value from `first` to `last`, both included.
    pub(super) fn within(&self, at: usize, first: i64, last: i64) -> u64 {
        let start = at * BLOCK;
        let end = (start + BLOCK).min(self.len());
        if start >= end {
            return 0;
        }
        let mut word = 0;
        match &self.values {
            Values::Narrow(values) => {
                let greatest = i64::from(NARROW_MISSING) - 1;
                let low = ceiling(first, self.unit).max(0);
                let high = last.div_euclid(self.unit).min(greatest);
                if low > high {
                    return 0;
                }
                let (low, high) = (low as u32, high as u32);
                for (bit, value) in values[start..end].iter().enumerate() {
                    word |= u64::from(*value >= low && *value <= high) << bit;
                }
            }
            Values::Wide(values) => {
                for (bit, value) in values[start..end].iter().enumerate() {
                    let is_in = *value >= first && *value <= last && *value != MISSING;
                    word |= u64::from(is_in) << bit;
                }
            }
        }
        word
    }

    fn len(&self) -> usize {
        match &self.values {
            Values::Narrow(values) => values.len(),
            Values::Wide(values) => values.len(),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        match &self.values {
            Values::Narrow(values) => values.capacity() * 4,
            Values::Wide(values) => values.capacity() * 8,
        }
    }
}

fn ceiling(value: i64, unit: i64) -> i64 {
    value.div_euclid(unit) + i64::from(value.rem_euclid(unit) != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_keep_their_values_as_they_widen() {
        let mut codes = Codes::new();
        let wanted = [0, 7, 255, 256, 65_535, 65_536, 0, 3];
        for (row, code) in wanted.iter().enumerate() {
            codes.set(row as u32, *code);
        }
        let mut block = [9; BLOCK];
        codes.read_block(0, &mut block);
        for (row, code) in wanted.iter().enumerate() {
            assert_eq!((codes.get(row as u32), block[row]), (*code, *code));
        }
        assert_eq!((codes.get(99), block[63]), (0, 0));
    }

    #[test]
    fn whole_numbers_keep_their_values_as_they_widen() {
        let wanted = [
            Some(0),
            None,
            Some(5_000_000),
            Some(u32::MAX.into()),
            Some(-1),
            Some(i64::MAX),
            Some(3),
            None,
        ];
        for unit in [1, 1_000_000] {
            let mut wholes = Wholes::new(unit);
            for (row, value) in wanted.iter().enumerate() {
                wholes.set(row as u32, *value);
                for (row, value) in wanted.iter().enumerate().take(row + 1) {
                    assert_eq!(wholes.get(row as u32), *value);
                }
            }
            assert_eq!(wholes.within(0, 0, 5_999_999), 0b100_0101);
            assert_eq!(wholes.within(0, i64::MIN, i64::MAX), 0b111_1101);
        }
    }

    #[test]
    fn bounds_inside_a_unit_hold() {
        let mut wholes = Wholes::new(10);
        for row in 0..4 {
            wholes.set(row, Some(i64::from(row) * 10));
        }
        for (from, to, expected) in [
            (0, 30, 0b1111),
            (1, 29, 0b0110),
            (-5, 0, 0b0001),
            (30, i64::MAX, 0b1000),
            (1, 9, 0),
            (i64::MIN, -1, 0),
        ] {
            assert_eq!(wholes.within(0, from, to), expected);
        }
    }
}
