//! `vectors.json` as a file that a person edits: vectors are added and changed, and all others stay as they are
//! written.

use std::{
    fs, io,
    ops::Range,
    path::{Path, PathBuf},
};

use champollion_import::SourceText;
use champollion_sdk::vectors::Vector;
use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Value as Json, value::RawValue};

use super::{Failure, json_style::Style, output, sources::VECTORS};

/// The moments of inputs, which are that of 1970 where a vector writes none.
const MOMENTS: [&str; 3] = ["receivedAt", "issuedAt", "sentAt"];

/// A file of vectors as its author wrote it.
pub(super) struct VectorsFile {
    path: PathBuf,
    text: String,
    encoding: Encoding,
}

/// The bytes of a text, as an editor wrote them.
#[derive(Clone, Copy)]
enum Encoding {
    Utf8,
    MarkedUtf8,
    Utf16(fn(u16) -> [u8; 2]),
}

/// The parts of a vector that are changed.
#[derive(Deserialize)]
struct Parts<'text> {
    name: String,
    #[serde(borrow)]
    expect: &'text RawValue,
}

/// A text that comes in the place of another.
type Edit = (Range<usize>, String);

impl VectorsFile {
    /// Reads the file in a folder, as editors of any system write it; where there is none it is empty.
    pub(super) fn read(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join(VECTORS);
        let task = || format!("{} cannot be read", path.display());
        let file = match fs::read(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(Failure::new(task(), error)),
        };
        let SourceText { mut text, warning } = SourceText::of(&file);
        if let Some(warning) = warning {
            output::note(format_args!("warning: {}: {warning}", path.display()));
        }
        if text.trim().is_empty() {
            "[]".clone_into(&mut text);
        }
        serde_json::from_str::<Vec<&RawValue>>(&text).map_err(Failure::of(task()))?;
        Ok(Self { path, text, encoding: Encoding::of(&file) })
    }

    /// The vectors that can be read.
    pub(super) fn vectors(&self) -> impl Iterator<Item = Vector> {
        self.raw().into_iter().filter_map(|text| serde_json::from_str(text.get()).ok())
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn raw(&self) -> Vec<&RawValue> {
        // It was read before, and is only changed into what can be read.
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// Adds a vector at the end, in the style of those before it.
    pub(super) fn add(&mut self, vector: &Vector) -> Result<(), Failure> {
        let mut json =
            serde_json::to_value(vector).map_err(Failure::of("the vector is no JSON"))?;
        leave_out_usual(&mut json);
        let Json::Object(members) = &json else { return Ok(()) };
        let style = Style::of(&self.text);
        let last = self.raw().last().map(|last| place(&self.text, last.get()));
        let Some(last) = last else {
            let vector = style.object_over_lines(members, &style.unit);
            self.text = format!("[{end}{}{vector}{end}]{end}", style.unit, end = style.end);
            return Ok(());
        };
        let (before, is_over_lines) =
            (indent(&self.text, last.start), self.text[last.clone()].contains('\n'));
        let vector = if is_over_lines {
            style.object_over_lines(members, before.unwrap_or_default())
        } else {
            style.on_one_line(&json)
        };
        let between = match before {
            Some(indent) => format!("{}{indent}", style.end),
            None => " ".to_owned(),
        };
        self.text.insert_str(last.end, &format!(",{between}{vector}"));
        Ok(())
    }

    /// Gives the vector of a name another result that is expected. What it expects already stays as it is written.
    pub(super) fn expect(&mut self, name: &str, expect: &Json) {
        let style = Style::of(&self.text);
        let mut edits = Vec::new();
        for vector in self.raw() {
            match serde_json::from_str::<Parts<'_>>(vector.get()) {
                Ok(parts) if parts.name == name => {
                    change(&self.text, parts.expect, expect, &style, &mut edits);
                }
                _ => {}
            }
        }
        // From the end, so that the places of the others stay what they are.
        for (place, text) in edits.into_iter().rev() {
            self.text.replace_range(place, &text);
        }
    }

    pub(super) fn write(&self) -> Result<(), Failure> {
        fs::write(&self.path, self.encoding.bytes(&self.text))
            .map_err(Failure::of(format!("{} cannot be written", self.path.display())))
    }
}

impl Encoding {
    fn of(file: &[u8]) -> Self {
        match file {
            [0xFF, 0xFE, ..] => Self::Utf16(u16::to_le_bytes),
            [0xFE, 0xFF, ..] => Self::Utf16(u16::to_be_bytes),
            [0xEF, 0xBB, 0xBF, ..] => Self::MarkedUtf8,
            _ => Self::Utf8,
        }
    }

    /// The bytes of a text, with the mark that a reader knows the encoding by.
    fn bytes(self, text: &str) -> Vec<u8> {
        let marked = format!("\u{FEFF}{text}");
        match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::MarkedUtf8 => marked.into_bytes(),
            Self::Utf16(bytes) => marked.encode_utf16().flat_map(bytes).collect(),
        }
    }
}

/// Takes out of a vector what it says by leaving it out.
fn leave_out_usual(vector: &mut Json) {
    for input in ["uplink", "command", "downlink"] {
        let Some(members) = vector.get_mut(input).and_then(Json::as_object_mut) else { continue };
        if members.get("fCnt").is_some_and(|f_cnt| *f_cnt == 0) {
            members.shift_remove("fCnt");
        }
        for moment in MOMENTS {
            if members.get(moment).is_some_and(|moment| *moment == "1970-01-01T00:00:00Z") {
                members.shift_remove(moment);
            }
        }
    }
}

/// The place of a part in the text that it is borrowed from.
fn place(text: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr().addr() - text.as_ptr().addr();
    start..start + part.len()
}

/// The blanks before a place, where nothing else stands before it in its line.
fn indent(text: &str, place: usize) -> Option<&str> {
    let line = text[..place].rsplit('\n').next().unwrap_or_default();
    (line.trim().is_empty() && line.len() < place).then_some(line)
}

/// Finds the edits that make one value of another: the smallest that do, so that all else stays as it is written.
fn change(text: &str, old: &RawValue, new: &Json, style: &Style, edits: &mut Vec<Edit>) {
    let old = old.get();
    if serde_json::from_str::<Json>(old).is_ok_and(|old| is_same(&old, new)) {
        return;
    }
    if let (Json::Object(new), Ok(members)) =
        (new, serde_json::from_str::<IndexMap<String, &RawValue>>(old))
        && members.len() == new.len()
        && members.keys().all(|name| new.contains_key(name))
    {
        members.iter().for_each(|(name, old)| change(text, old, &new[name], style, edits));
        return;
    }
    if let (Json::Array(new), Ok(items)) = (new, serde_json::from_str::<Vec<&RawValue>>(old))
        && items.len() == new.len()
    {
        items.iter().zip(new).for_each(|(old, new)| change(text, old, new, style, edits));
        return;
    }
    let place = place(text, old);
    let written = if old.contains('\n') {
        let line = text[..place.start].rsplit('\n').next().unwrap_or_default();
        let blanks = line.len() - line.trim_start().len();
        style.over_lines(new, &line[..blanks])
    } else {
        style.on_one_line(new)
    };
    edits.push((place, written));
}

/// Whether two values are the same: 95 is 95.0.
fn is_same(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Number(one), Json::Number(other)) => one.as_f64() == other.as_f64(),
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Json::Object(one), Json::Object(other)) => {
            let has = |(name, one): (&String, &Json)| {
                other.get(name).is_some_and(|other| is_same(one, other))
            };
            one.len() == other.len() && one.iter().all(has)
        }
        _ => one == other,
    }
}

/// Returns the result that a vector expects of an outcome: all but what may be left out, so that it holds what somebody
/// looks at. Of an outcome that no vector can expect, such as a crash, there is none.
pub(super) fn expectation(outcome: &Json) -> Option<Json> {
    let mut expect = outcome.clone();
    for result in ["reading", "downlink"] {
        let Some(members) = expect.get_mut(result).and_then(Json::as_object_mut) else { continue };
        for list in ["measurements", "warnings"] {
            if members.get(list).and_then(Json::as_array).is_some_and(Vec::is_empty) {
                members.shift_remove(list);
            }
        }
        for measurement in
            members.get_mut("measurements").and_then(Json::as_array_mut).into_iter().flatten()
        {
            if let Json::Object(members) = measurement {
                // The order of the others stays as it is.
                members.shift_remove("unit");
                members.shift_remove("span");
            }
        }
    }
    if let Some(failure) = outcome.get("failure") {
        expect = serde_json::json!({ "failure": { "kind": failure["kind"] } });
    }
    // The type of vectors knows which outcomes one can expect.
    let is_expected = |input: &str| {
        let vector = format!(r#"{{"name":"a",{input},"expect":{expect}}}"#);
        serde_json::from_str::<Vector>(&vector).is_ok()
    };
    let inputs = [r#""uplink":{"fPort":1,"payload":""}"#, r#""command":{"data":{}}"#];
    inputs.into_iter().any(is_expected).then_some(expect)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const FILE: &str = r#"[
  {
    "name": "one",
    "uplink": { "fPort": 2, "payload": "00" },
    "expect": { "failure": { "kind": "too-short" } }
  },
  { "name": "two", "uplink": { "fPort": 2, "payload": "01" }, "expect": { "reading": { "data": {} } } }
]
"#;

    fn file() -> (tempfile::TempDir, VectorsFile) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(VECTORS), FILE).unwrap();
        let file = VectorsFile::read(folder.path()).unwrap();
        (folder, file)
    }

    fn text(folder: &tempfile::TempDir) -> String {
        fs::read_to_string(folder.path().join(VECTORS)).unwrap()
    }

    #[test]
    fn what_is_not_changed_stays_as_it_is_written() {
        let (folder, mut file) = file();
        file.write().unwrap();
        assert_eq!(text(&folder), FILE);
        file.expect("two", &json!({"reading": {"data": {"a": 95.0}}}));
        file.write().unwrap();
        let changed = FILE.replace("\"data\": {}", "\"data\": { \"a\": 95 }");
        assert_eq!(text(&folder), changed);
        file.expect("one", &json!({"failure": {"kind": "too-long"}}));
        file.write().unwrap();
        assert_eq!(text(&folder), changed.replace("too-short", "too-long"));
    }

    #[test]
    fn a_vector_is_added_in_the_style_of_the_others_and_says_nothing_twice() {
        let vector = |name: &str| -> Vector {
            let vector = json!({
                "name": name, "uplink": {"fPort": 2, "payload": "04D25F"},
                "expect": {"reading": {"data": {"battery": 95.0}}}
            });
            serde_json::from_value(vector).unwrap()
        };
        let added = |before: &str| {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join(VECTORS), before).unwrap();
            let mut file = VectorsFile::read(folder.path()).unwrap();
            file.add(&vector("new")).unwrap();
            file.write().unwrap();
            assert_eq!(file.vectors().last().unwrap().input, vector("new").input);
            text(&folder)
        };
        let line = "{ \"name\": \"new\", \"uplink\": { \"fPort\": 2, \"payload\": \"04D25F\" }, \
                    \"expect\": { \"reading\": { \"data\": { \"battery\": 95 } } } }";
        assert_eq!(added(FILE), FILE.replace("} }\n]", &format!("}} }},\n  {line}\n]")));
        let lines = "{\n    \"name\": \"new\",\n    \"uplink\": { \"fPort\": 2, \"payload\": \"04D25F\" },\n    \
                     \"expect\": { \"reading\": { \"data\": { \"battery\": 95 } } }\n  }";
        for empty in ["", " \n", "[]"] {
            assert_eq!(added(empty), format!("[\n  {lines}\n]\n"), "{empty:?}");
        }
        let first = "[\r\n  {\r\n    \"name\": \"a\",\r\n    \"uplink\": { \"fPort\": 2, \"payload\": \"00\" },\r\n    \
                     \"expect\": { \"reading\": {} }\r\n  }";
        let more = lines.replace('\n', "\r\n");
        assert_eq!(added(&format!("{first}\r\n]")), format!("{first},\r\n  {more}\r\n]"));
    }

    #[test]
    fn a_file_of_any_editor_stays_one() {
        for encoding in [
            Encoding::MarkedUtf8,
            Encoding::Utf16(u16::to_le_bytes),
            Encoding::Utf16(u16::to_be_bytes),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(VECTORS);
            fs::write(&path, encoding.bytes(FILE)).unwrap();
            let mut file = VectorsFile::read(folder.path()).unwrap();
            assert_eq!(file.vectors().count(), 2);
            file.expect("two", &json!({"reading": {"data": {"a": 1}}}));
            file.write().unwrap();
            let changed = FILE.replace("\"data\": {}", "\"data\": { \"a\": 1 }");
            assert_eq!(fs::read(&path).unwrap(), encoding.bytes(&changed));
        }
    }

    #[test]
    fn a_folder_without_vectors_has_none() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(VectorsFile::read(folder.path()).unwrap().vectors().count(), 0);
    }

    #[test]
    fn an_expectation_leaves_out_what_may_be_left_out() {
        let outcome = json!({"reading": {
            "data": {"a": 1},
            "measurements": [{"quantity": "water.level", "unit": "m", "value": 1, "span": {"offset": 0, "length": 2}}],
            "warnings": []
        }});
        let expected = json!({"reading": {
            "data": {"a": 1}, "measurements": [{"quantity": "water.level", "value": 1}]
        }});
        assert_eq!(expectation(&outcome), Some(expected));
        let failure = json!({"failure": {"kind": "too-short", "message": "it ends"}});
        assert_eq!(expectation(&failure), Some(json!({"failure": {"kind": "too-short"}})));
        let crash = json!({"failure": {"kind": "trapped", "message": "it panicked"}});
        assert_eq!(expectation(&crash), None, "nobody may promise a crash");
    }
}
