//! Numbers: arithmetic over what is known, and the lengths of pauses.

/// Evaluates whole-number arithmetic; none where a variable is unknown or the expression is more than conditions, sums and products.
pub(super) fn evaluate(text: &str, known: &dyn Fn(&str) -> Option<String>) -> Option<i64> {
    let mut reader = Reader { rest: text.trim(), known, depth: 0 };
    let value = reader.either()?;
    reader.rest.trim().is_empty().then_some(value)
}

/// How deep brackets are followed.
const MOST_OPEN: usize = 32;

struct Reader<'t> {
    rest: &'t str,
    known: &'t dyn Fn(&str) -> Option<String>,
    depth: usize,
}

impl Reader<'_> {
    fn take(&mut self, wanted: &[char]) -> Option<char> {
        self.rest = self.rest.trim_start();
        let first = self.rest.chars().next().filter(|first| wanted.contains(first))?;
        // `++`, `**`, `+=` and the like are more than this reads.
        if self.rest[1..].starts_with([first, '=']) && first != '(' && first != ')' {
            return None;
        }
        self.rest = &self.rest[1..];
        Some(first)
    }

    fn takes(&mut self, operator: &str) -> bool {
        self.rest = self.rest.trim_start();
        let rest = self.rest.strip_prefix(operator);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn either(&mut self) -> Option<i64> {
        let mut value = self.both()?;
        while self.takes("||") {
            value = i64::from((value != 0) | (self.both()? != 0));
        }
        Some(value)
    }

    fn both(&mut self) -> Option<i64> {
        let mut value = self.comparison()?;
        while self.takes("&&") {
            value = i64::from((value != 0) & (self.comparison()? != 0));
        }
        Some(value)
    }

    fn comparison(&mut self) -> Option<i64> {
        let mut value = self.sum()?;
        while let Some(operator) = ["==", "!=", ">=", "<=", ">", "<"].into_iter().find(|operator| self.takes(operator)) {
            let other = self.sum()?;
            value = i64::from(match operator {
                "==" => value == other,
                "!=" => value != other,
                ">=" => value >= other,
                "<=" => value <= other,
                ">" => value > other,
                _ => value < other,
            });
        }
        Some(value)
    }

    fn sum(&mut self) -> Option<i64> {
        let mut value = self.product()?;
        while let Some(sign) = self.take(&['+', '-']) {
            let other = self.product()?;
            value = if sign == '+' { value.checked_add(other)? } else { value.checked_sub(other)? };
        }
        Some(value)
    }

    fn product(&mut self) -> Option<i64> {
        let mut value = self.term()?;
        while let Some(sign) = self.take(&['*', '/', '%']) {
            let other = self.term()?;
            value = match sign {
                '*' => value.checked_mul(other)?,
                '/' => value.checked_div(other)?,
                _ => value.checked_rem(other)?,
            };
        }
        Some(value)
    }

    fn term(&mut self) -> Option<i64> {
        if self.takes("!") {
            return Some(i64::from(self.deeper(Self::term)? == 0));
        }
        if self.take(&['(']).is_some() {
            let value = self.deeper(Self::either)?;
            self.take(&[')'])?;
            return Some(value);
        }
        self.operand()
    }

    fn deeper(&mut self, read: fn(&mut Self) -> Option<i64>) -> Option<i64> {
        self.depth += 1;
        let value = if self.depth > MOST_OPEN { None } else { read(self) };
        self.depth -= 1;
        value
    }

    fn operand(&mut self) -> Option<i64> {
        self.rest = self.rest.trim_start();
        let name = self.rest.strip_prefix("${").or_else(|| self.rest.strip_prefix('$')).unwrap_or(self.rest);
        let braced = self.rest.starts_with("${");
        let length = name.find(|char: char| !char.is_ascii_alphanumeric() && char != '_').unwrap_or(name.len());
        let (name, rest) = name.split_at(length);
        let is_literal = !self.rest.starts_with('$') && name.bytes().all(|byte| byte.is_ascii_digit());
        let (end, after) = if braced { rest.split_once('}')? } else { ("", rest) };
        self.rest = after;
        if name.is_empty() {
            return None;
        }
        if is_literal {
            return if name.len() > 1 && name.starts_with('0') { None } else { name.parse().ok() };
        }
        let default = || end.strip_prefix(":-").map(str::to_owned);
        if !end.is_empty() && !end.starts_with(":-") {
            return None;
        }
        (self.known)(name).or_else(default)?.trim().parse().ok()
    }
}

/// How long `sleep` waits for a word such as `3`, `0.5`, `2m`, in seconds.
pub fn seconds(text: &str) -> Option<f64> {
    let (number, unit) = match text.chars().last()? {
        's' => (&text[..text.len() - 1], 1.0),
        'm' => (&text[..text.len() - 1], 60.0),
        'h' => (&text[..text.len() - 1], 3600.0),
        'd' => (&text[..text.len() - 1], 86400.0),
        _ => (text, 1.0),
    };
    number.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0).map(|number| number * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_over_known_variables() {
        let known = |name: &str| (name == "n").then(|| "4".to_owned());
        let of = |text: &str| evaluate(text, &known);
        assert_eq!(of("n * 2 + 1"), Some(9));
        assert_eq!(of("(n+2)/ 3 - ${n}"), Some(-2));
        assert_eq!(of("n % $n"), Some(0));
        assert_eq!(of("n > 3 && !(n == 5 || n < 4)"), Some(1));
        assert_eq!(of("n <= 3 || n != 4"), Some(0));
        assert_eq!(of("${m:-2} + ${n:-1}"), Some(6));
        assert_eq!(of("m + 1"), None);
        assert_eq!(of("${n%x}"), None);
        assert_eq!(of("n++"), None);
        assert_eq!(of("1 / 0"), None);
        assert_eq!(of(""), None);
    }

    #[test]
    fn pauses() {
        assert_eq!(seconds("3"), Some(3.0));
        assert_eq!(seconds("0.5"), Some(0.5));
        assert_eq!(seconds("2m"), Some(120.0));
        assert_eq!(seconds("infinity"), None);
        assert_eq!(seconds("x"), None);
    }
}
