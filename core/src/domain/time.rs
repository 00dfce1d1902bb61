//! Instants as the contract writes them (RFC 3339, read tolerantly) and as people read them.
//! No clock and no zone database: `now` and the zone's offset are arguments.

/// An instant: microseconds since 1970-01-01T00:00:00Z. Finer digits are cut off when read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Time(pub i64);

/// Microseconds in a second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds in a minute.
pub const MINUTE: i64 = 60 * SECOND;
/// Microseconds in an hour.
pub const HOUR: i64 = 60 * MINUTE;
/// Microseconds in a day.
pub const DAY: i64 = 24 * HOUR;

/// The fields of an instant in a zone of fixed offset (proleptic Gregorian calendar).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Civil {
    /// Year, astronomical numbering.
    pub year: i64,
    /// Month, 1 to 12.
    pub month: u32,
    /// Day of the month, from 1.
    pub day: u32,
    /// Hour, 0 to 23.
    pub hour: u32,
    /// Minute, 0 to 59.
    pub minute: u32,
    /// Second, 0 to 59.
    pub second: u32,
    /// Microsecond, 0 to 999,999.
    pub micro: u32,
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Days since 1970-01-01 of a civil date (Howard Hinnant, "chrono-compatible low-level date algorithms").
#[must_use]
pub fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let month_from_march = i64::from((month + 9) % 12);
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn days_in_month(year: i64, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl Time {
    /// Reads an RFC 3339 date-time: `T`, `t` or a space between date and time, any number of fractional digits,
    /// `Z` or an offset, or no zone at all (taken as UTC). A leap second counts as the second before it.
    /// A date alone is its first instant.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut reader = Reader {
            bytes: text.as_bytes(),
            at: 0,
        };
        let year = i64::from(reader.number(4)?);
        reader.expect(b"-")?;
        let month = reader.number(2)?;
        reader.expect(b"-")?;
        let day = reader.number(2)?;
        if !(1..=12).contains(&month) || day == 0 || day > days_in_month(year, month) {
            return None;
        }
        let mut micros = days_from_civil(year, month, day) * DAY;
        if reader.is_done() {
            return Some(Self(micros));
        }
        reader.expect(b"Tt ")?;
        let hour = reader.number(2)?;
        reader.expect(b":")?;
        let minute = reader.number(2)?;
        let mut second = 0;
        if reader.expect(b":").is_some() {
            second = reader.number(2)?;
        }
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        micros += i64::from(hour) * HOUR + i64::from(minute) * MINUTE + i64::from(second.min(59)) * SECOND;
        if reader.expect(b".,").is_some() {
            micros += reader.fraction()?;
        }
        if reader.is_done() {
            return Some(Self(micros));
        }
        if reader.expect(b"Zz").is_none() {
            let sign = if reader.expect(b"+").is_some() {
                1
            } else {
                reader.expect(b"-")?;
                -1
            };
            let hours = reader.number(2)?;
            let _colon = reader.expect(b":");
            let minutes = if reader.is_done() { 0 } else { reader.number(2)? };
            if hours > 23 || minutes > 59 {
                return None;
            }
            micros -= sign * (i64::from(hours) * HOUR + i64::from(minutes) * MINUTE);
        }
        reader.is_done().then_some(Self(micros))
    }

    /// The instant of a number of milliseconds since 1970, as JavaScript clocks give it.
    #[must_use]
    pub fn from_millis(millis: f64) -> Self {
        Self((millis * 1000.0) as i64)
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn millis(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This instant moved by a number of microseconds, held at the ends of the range.
    #[must_use]
    pub fn plus(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// Microseconds from `earlier` to this instant.
    #[must_use]
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The civil fields in a zone that is `offset_minutes` east of UTC.
    #[must_use]
    pub fn civil(self, offset_minutes: i32) -> Civil {
        let local = self.0.saturating_add(i64::from(offset_minutes) * MINUTE);
        let days = local.div_euclid(DAY);
        let in_day = local.rem_euclid(DAY);
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let month = if month_from_march < 10 {
            month_from_march + 3
        } else {
            month_from_march - 9
        } as u32;
        Civil {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month,
            day: (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u32,
            hour: (in_day / HOUR) as u32,
            minute: (in_day / MINUTE % 60) as u32,
            second: (in_day / SECOND % 60) as u32,
            micro: (in_day % SECOND) as u32,
        }
    }

    /// RFC 3339 in UTC: `2026-11-22T10:02:00Z`, with three or six fractional digits where there is a fraction.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        let mut text = String::with_capacity(27);
        self.push_rfc3339(&mut text);
        text
    }

    /// Appends what [`Time::to_rfc3339`] gives.
    pub fn push_rfc3339(self, text: &mut String) {
        let civil = self.civil(0);
        push_date(text, civil);
        text.push('T');
        push_clock(text, civil, true);
        if !civil.micro.is_multiple_of(1000) {
            text.push('.');
            push_padded(text, civil.micro, 6);
        } else if civil.micro != 0 {
            text.push('.');
            push_padded(text, civil.micro / 1000, 3);
        }
        text.push('Z');
    }

    /// The date in a zone, `2026-11-22`: what `<input type=date>` takes.
    #[must_use]
    pub fn to_date(self, offset_minutes: i32) -> String {
        let mut text = String::with_capacity(10);
        push_date(&mut text, self.civil(offset_minutes));
        text
    }

    /// Date and time for a row: the date `22 Nov` (with the year if it is not `now`'s) and the clock `12:03`.
    #[must_use]
    pub fn to_row_parts(self, offset_minutes: i32, now: Self) -> (String, String) {
        let civil = self.civil(offset_minutes);
        let mut date = String::with_capacity(11);
        push_number(&mut date, i64::from(civil.day));
        date.push(' ');
        date.push_str(MONTHS[(civil.month as usize).saturating_sub(1) % 12]);
        if civil.year != now.civil(offset_minutes).year {
            date.push(' ');
            push_number(&mut date, civil.year);
        }
        let mut clock = String::with_capacity(5);
        push_clock(&mut clock, civil, false);
        (date, clock)
    }

    /// Date, year and time with seconds: `22 Nov 2026, 12:03:07`.
    #[must_use]
    pub fn to_full(self, offset_minutes: i32) -> String {
        let civil = self.civil(offset_minutes);
        let mut text = String::with_capacity(21);
        push_number(&mut text, i64::from(civil.day));
        text.push(' ');
        text.push_str(MONTHS[(civil.month as usize).saturating_sub(1) % 12]);
        text.push(' ');
        push_number(&mut text, civil.year);
        text.push_str(", ");
        push_clock(&mut text, civil, true);
        text
    }

    /// The clock alone, `12:03:07` or `12:03`.
    #[must_use]
    pub fn to_clock(self, offset_minutes: i32, with_seconds: bool) -> String {
        let mut text = String::with_capacity(8);
        push_clock(&mut text, self.civil(offset_minutes), with_seconds);
        text
    }
}

/// A zone's name from its offset: `UTC`, `UTC+1`, `UTC-3:30`.
#[must_use]
pub fn zone_name(offset_minutes: i32) -> String {
    let mut text = String::from("UTC");
    if offset_minutes != 0 {
        text.push(if offset_minutes < 0 { '-' } else { '+' });
        let minutes = offset_minutes.unsigned_abs();
        push_number(&mut text, i64::from(minutes / 60));
        if !minutes.is_multiple_of(60) {
            text.push(':');
            push_padded(&mut text, minutes % 60, 2);
        }
    }
    text
}

/// A length of time in at most two units: `47 min`, `3 h 20 min`, `2 d 4 h`, `under 1 min`. Negative counts as none.
#[must_use]
pub fn duration(micros: i64) -> String {
    let minutes = micros.max(0) / MINUTE;
    let (days, hours, rest) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    let mut text = String::with_capacity(12);
    let mut unit = |count: i64, name: &str| {
        if count != 0 {
            if !text.is_empty() {
                text.push(' ');
            }
            push_grouped(&mut text, count);
            text.push(' ');
            text.push_str(name);
        }
    };
    unit(days, "d");
    unit(hours, "h");
    if days == 0 {
        unit(rest, "min");
    }
    if text.is_empty() {
        text.push_str("under 1 min");
    }
    text
}

/// Appends a whole number in decimal.
pub fn push_number(text: &mut String, number: i64) {
    if number < 0 {
        text.push('-');
    }
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    let mut rest = number.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    for digit in &digits[at..] {
        text.push(char::from(*digit));
    }
}

/// Appends a whole number grouped by thousands: `121,877`.
pub fn push_grouped(text: &mut String, number: i64) {
    let mut plain = String::with_capacity(20);
    push_number(&mut plain, number);
    for (index, digit) in plain.chars().enumerate() {
        let left = plain.len() - index;
        if index != 0 && left.is_multiple_of(3) && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
}

/// A whole number grouped by thousands: `121,877`.
#[must_use]
pub fn grouped(number: usize) -> String {
    let mut text = String::with_capacity(13);
    push_grouped(&mut text, i64::try_from(number).unwrap_or(i64::MAX));
    text
}

/// The last `width` digits of a number.
fn push_padded(text: &mut String, number: u32, width: u32) {
    for place in (0..width).rev() {
        text.push(char::from(b'0' + (number / 10_u32.pow(place) % 10) as u8));
    }
}

fn push_date(text: &mut String, civil: Civil) {
    push_padded(text, civil.year.clamp(0, 9999) as u32, 4);
    text.push('-');
    push_padded(text, civil.month, 2);
    text.push('-');
    push_padded(text, civil.day, 2);
}

fn push_clock(text: &mut String, civil: Civil, with_seconds: bool) {
    push_padded(text, civil.hour, 2);
    text.push(':');
    push_padded(text, civil.minute, 2);
    if with_seconds {
        text.push(':');
        push_padded(text, civil.second, 2);
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn is_done(&self) -> bool {
        self.at == self.bytes.len()
    }

    fn number(&mut self, width: usize) -> Option<u32> {
        let digits = self.bytes.get(self.at..self.at + width)?;
        let mut number = 0;
        for digit in digits {
            if !digit.is_ascii_digit() {
                return None;
            }
            number = number * 10 + u32::from(digit - b'0');
        }
        self.at += width;
        Some(number)
    }

    fn expect(&mut self, any_of: &[u8]) -> Option<()> {
        let byte = self.bytes.get(self.at)?;
        any_of.contains(byte).then(|| self.at += 1)
    }

    fn fraction(&mut self) -> Option<i64> {
        let start = self.at;
        let mut micros = 0;
        let mut scale = SECOND / 10;
        while let Some(digit) = self.bytes.get(self.at).filter(|byte| byte.is_ascii_digit()) {
            micros += i64::from(digit - b'0') * scale;
            scale /= 10;
            self.at += 1;
        }
        (self.at > start).then_some(micros)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(
            Time::parse(text).map(Time::to_rfc3339).as_deref(),
            expected,
            "{text}"
        );
    }

    #[test]
    fn every_form_that_the_contract_names_is_read() {
        check("2026-11-22T10:02:00.123Z", Some("2026-11-22T10:02:00.123Z"));
        check("2026-11-22T10:02:00Z", Some("2026-11-22T10:02:00Z"));
        check("2026-11-22t10:02:00z", Some("2026-11-22T10:02:00Z"));
        check("2026-11-22T12:02:00+02:00", Some("2026-11-22T10:02:00Z"));
        check("2026-11-22T04:32:00-05:30", Some("2026-11-22T10:02:00Z"));
        check(
            "2026-11-22T10:02:00.1234567891234Z",
            Some("2026-11-22T10:02:00.123456Z"),
        );
        check("2026-11-22T10:02:00", Some("2026-11-22T10:02:00Z"));
        check("2026-11-22 10:02:00", Some("2026-11-22T10:02:00Z"));
        check("2016-12-31T23:59:60Z", Some("2016-12-31T23:59:59Z"));
        check("0001-01-01T00:00:00Z", Some("0001-01-01T00:00:00Z"));
        check("9999-12-31T23:59:59.999999Z", Some("9999-12-31T23:59:59.999999Z"));
        check("2024-02-29", Some("2024-02-29T00:00:00Z"));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "now",
            "2026",
            "2026-13-01T00:00:00Z",
            "2025-02-29T00:00:00Z",
            "2026-11-22T24:00:00Z",
            "2026-11-22T10:02:00.Z",
            "2026-11-22T10:02:00Zx",
            "2026-11-22T10:02:00+2",
            "２026-11-22T10:02:00Z",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn durations_have_two_units_at_most() {
        for (micros, expected) in [
            (-1, "under 1 min"),
            (59 * SECOND, "under 1 min"),
            (47 * MINUTE, "47 min"),
            (3 * HOUR + 20 * MINUTE, "3 h 20 min"),
            (5 * HOUR, "5 h"),
            (2 * DAY + 4 * HOUR + 9 * MINUTE, "2 d 4 h"),
            (1_234 * DAY, "1,234 d"),
        ] {
            assert_eq!(duration(micros), expected);
        }
    }

    #[test]
    fn zones_are_named_by_their_offset() {
        assert_eq!(
            [zone_name(0), zone_name(60), zone_name(-210)],
            ["UTC", "UTC+1", "UTC-3:30"]
        );
    }

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(
            [grouped(0), grouped(999), grouped(121_877), grouped(1_000_000)],
            ["0", "999", "121,877", "1,000,000"]
        );
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in ".{0,40}") {
            let _time = Time::parse(&text);
        }

        #[test]
        fn writing_and_reading_round_trip(micros in -62_135_596_800_000_000_i64..253_402_300_800_000_000) {
            let time = Time(micros);
            prop_assert_eq!(Time::parse(&time.to_rfc3339()), Some(time));
        }
    }
}
