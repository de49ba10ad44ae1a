//! Times in state files, read just well enough to tell the later of two.

/// The time that a scalar means, as it is written: an RFC 3339 time in quotes, epoch seconds or epoch milliseconds. Only times of one
/// member can be compared with each other.
pub fn time(raw: &[u8]) -> Option<f64> {
    match raw {
        [b'"', text @ .., b'"'] => written(text),
        _ => epoch(raw),
    }
}

/// `2026-01-01T00:00:00.123Z`, as a number that grows with it. With another offset than zero it cannot be told without a calendar.
fn written(text: &[u8]) -> Option<f64> {
    const FORM: &[u8; 19] = b"dddd-dd-ddTdd:dd:dd";
    let (head, tail) = text.split_first_chunk::<19>()?;
    let fits = |(byte, form): (&u8, &u8)| match form {
        b'd' => byte.is_ascii_digit(),
        b'T' => matches!(byte, b'T' | b' '),
        _ => byte == form,
    };
    if !head.iter().zip(FORM).all(fits) {
        return None;
    }
    let digits =
        |bytes: &[u8]| bytes.iter().filter(|byte| byte.is_ascii_digit()).fold(0.0, |sum, byte| sum * 10.0 + f64::from(byte - b'0'));
    let fraction = tail.strip_prefix(b".").map_or(0, |rest| rest.iter().take_while(|byte| byte.is_ascii_digit()).count());
    let zone = &tail[if fraction > 0 { fraction + 1 } else { 0 }..];
    // A float holds these fourteen digits of the seconds and the first one behind them exactly.
    let tenths = if fraction > 0 { digits(&tail[1..2]) } else { 0.0 };
    matches!(zone, b"" | b"Z" | b"z" | b"+00:00" | b"+0000").then(|| digits(head) + tenths / 10.0)
}

/// A number that can only be meant as a time of this age: between 2001 and 2096, in seconds or milliseconds.
fn epoch(raw: &[u8]) -> Option<f64> {
    if raw.len() < 10 {
        return None;
    }
    let number = super::read::value(raw);
    ((1e9..4e9).contains(&number) || (1e12..4e12).contains(&number)).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_times_are_greater() {
        let text = |text: &str| time(format!("\"{text}\"").as_bytes());
        assert!(text("2026-01-01T00:00:00Z") < text("2026-01-01T00:00:01Z"));
        assert!(text("2026-01-01T00:00:01Z") < text("2026-01-01T00:00:01.5Z"));
        assert!(text("2025-12-31 23:59:59.999999+00:00") < text("2026-01-01T00:00:00"));
        assert!(time(b"1767225600") < time(b"1767225630.5") && time(b"1767225600000").is_some());
        for other in ["2026-01-01T00:00:00+02:00", "2026-01-01", "soon", "20x6-01-01T00:00:00Z", ""] {
            assert_eq!(text(other), None, "{other}");
        }
        for other in ["136", "1e400", "true", "\""] {
            assert_eq!(time(other.as_bytes()), None, "{other}");
        }
    }
}
