//! A timeline on a terminal: one line of bars for each collection, and what the damage was.

use std::env;
use std::io::{self, Write};

use owo_colors::{OwoColorize, Style};

use super::telling::heading;
use super::timeline::{Series, State, Timeline};
use crate::report::{counted, short, shown};

/// How many columns names may take.
const NAMES: usize = 32;
/// How many columns stand behind the bars: ` 123,456`.
const NUMBERS: usize = 24;
/// The width where nobody says otherwise.
const WIDTH: usize = 80;

/// What bars are drawn with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pen {
    /// How many columns there are.
    pub(super) width: usize,
    /// From nothing to the most.
    bars: &'static [char],
    pub(super) color: bool,
}

impl Pen {
    /// As wide as `COLUMNS` or the terminal says; bars of ASCII where the locale is not UTF-8.
    pub(super) fn here(color: bool) -> Self {
        let told = env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
        let asked = || rustix::termios::tcgetwinsize(io::stdout()).ok().map(|size| usize::from(size.ws_col)).filter(|&columns| columns > 0);
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()));
        let utf8 = locale.is_some_and(|name| name.to_ascii_lowercase().replace('-', "").contains("utf8"));
        Self {
            width: told.or_else(asked).unwrap_or(WIDTH),
            bars: if utf8 { &['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] } else { &['.', ':', '-', '=', '+', '*', '#', '@'] },
            color,
        }
    }
}

/// Writes a timeline.
pub(super) fn write(out: &mut dyn Write, timeline: &Timeline, pen: Pen) -> io::Result<()> {
    let paint = |style: Style| if pen.color { style } else { Style::new() };
    let (bold, red, dim) = (paint(Style::new().bold()), paint(Style::new().bright_red().bold()), paint(Style::new().dimmed()));
    writeln!(out, "{}: {}", shown(&timeline.path).style(bold), title(timeline))?;
    let names = timeline.series.iter().map(|series| series.name().chars().count()).max().unwrap_or(0).min(NAMES);
    let columns = columns(timeline, pen.width.saturating_sub(names + NUMBERS).max(8));
    writeln!(out)?;
    for series in &timeline.series {
        let most = series.entries.iter().flatten().copied().max().unwrap_or(0);
        let name = fitted(&series.name(), names);
        write!(out, "{name:names$}  ")?;
        for column in &columns {
            let bar = column.bar(timeline, series, most, pen);
            if column.damaged { write!(out, "{}", bar.style(red))? } else { write!(out, "{bar}")? }
        }
        let last = series.entries.last().copied().flatten().map_or_else(|| "-".to_owned(), |entries| entries.to_string());
        writeln!(out, "  {last} {}", format!("of {most}").style(dim))?;
    }
    if timeline.more > 0 {
        writeln!(out, "and {} more", counted(timeline.more, "collection"))?;
    }
    if !timeline.damage.is_empty() && !timeline.series.is_empty() {
        let marks: String = columns.iter().map(|column| if column.damaged { '^' } else { ' ' }).collect();
        writeln!(out, "{:names$}  {}", "damage", marks.trim_end().style(red))?;
    }
    writeln!(out)?;
    for damage in &timeline.damage {
        writeln!(out, "{} {}", "damage:".style(red), heading(&timeline.versions[damage.at].commit))?;
        for what in &damage.what {
            writeln!(out, "    {what}")?;
        }
        if let Some((version, command)) = &damage.last_good {
            let good = &timeline.versions[*version].commit;
            writeln!(out, "  last good: commit {} of {}; bring it back:\n    {command}", short(&good.id), shown(&good.date))?;
        }
        match damage.mended {
            Some(version) => writeln!(out, "  brought back by {}", heading(&timeline.versions[version].commit))?,
            None if damage.last_good.is_some() => writeln!(out, "  not brought back since")?,
            None => {}
        }
    }
    Ok(())
}

/// A name cut to a width; what is cut shows.
pub(super) fn fitted(name: &str, width: usize) -> String {
    if name.chars().count() <= width {
        return name.to_owned();
    }
    name.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

/// `7 versions from 2026-01-01 to 2026-01-04, damaged once`.
pub(super) fn title(timeline: &Timeline) -> String {
    let day =
        |version: Option<&super::timeline::Version>| version.map_or("", |version| version.commit.date.get(..10).unwrap_or("")).to_owned();
    let damaged = match timeline.damage.len() {
        0 => "no damage".to_owned(),
        1 => "damaged once".to_owned(),
        times => format!("damaged {times} times"),
    };
    let unreadable = timeline.versions.iter().filter(|version| version.state == State::Unreadable).count();
    let unreadable = if unreadable > 0 { format!(", {} not JSON", counted(unreadable, "version")) } else { String::new() };
    let missing = timeline.versions.iter().filter(|version| version.state == State::Missing).count();
    let missing = if missing > 0 { format!(", {} not in this clone", counted(missing, "version")) } else { String::new() };
    let versions = counted(timeline.versions.len(), "version");
    format!("{versions} from {} to {}, {damaged}{unreadable}{missing}", day(timeline.versions.first()), day(timeline.versions.last()))
}

/// The versions that share one column.
struct Column {
    first: usize,
    last: usize,
    damaged: bool,
}

/// At most `width` columns of as equally many versions as can be.
fn columns(timeline: &Timeline, width: usize) -> Vec<Column> {
    let count = timeline.versions.len();
    let width = width.min(count);
    let column = |at: usize| {
        let (first, last) = (at * count / width, (at + 1) * count / width - 1);
        Column { first, last, damaged: timeline.damage.iter().any(|damage| (first..=last).contains(&damage.at)) }
    };
    (0..width).map(column).collect()
}

impl Column {
    /// The last version; where there was damage, the least of them: that is what must be seen.
    fn bar(&self, timeline: &Timeline, series: &Series, most: u64, pen: Pen) -> char {
        let range = self.first..=self.last;
        let entries = if self.damaged { series.entries[range.clone()].iter().copied().min().flatten() } else { series.entries[self.last] };
        if entries.is_none() && range.clone().any(|version| timeline.versions[version].state == State::Unreadable) {
            return '!';
        }
        match entries {
            None if range.into_iter().all(|version| timeline.versions[version].state == State::Missing) => '?',
            None => ' ',
            Some(0) => '_',
            Some(entries) => {
                let top = pen.bars.len() as u64 - 1;
                let step = usize::try_from(entries * top / most.max(1)).unwrap_or(0);
                pen.bars[step.min(pen.bars.len() - 1)]
            }
        }
    }
}
