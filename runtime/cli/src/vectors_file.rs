//! `vectors.json` as a file that a person edits: vectors are added and changed, and all others stay as they are
//! written.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use champollion_sdk::vectors::Vector;
use serde_json::{Value as Json, value::RawValue};

use super::{Failure, sources::VECTORS};

/// A file of vectors, each as its author wrote it.
pub(super) struct VectorsFile {
    path: PathBuf,
    texts: Vec<String>,
}

impl VectorsFile {
    /// Reads the file in a folder; where there is none it is empty.
    pub(super) fn read(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join(VECTORS);
        let task = || format!("{} cannot be read", path.display());
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => "[]".to_owned(),
            Err(error) => return Err(Failure::new(task(), error)),
        };
        let raw: Vec<&RawValue> = serde_json::from_str(&text).map_err(Failure::of(task()))?;
        let texts = raw.into_iter().map(|vector| vector.get().to_owned()).collect();
        Ok(Self { path, texts })
    }

    /// The vectors that can be read.
    pub(super) fn vectors(&self) -> impl Iterator<Item = Vector> {
        self.texts.iter().filter_map(|text| serde_json::from_str(text).ok())
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a vector at the end.
    pub(super) fn add(&mut self, vector: &Vector) -> Result<(), Failure> {
        let json = serde_json::to_value(vector).map_err(Failure::of("the vector is no JSON"))?;
        self.texts.push(written(&json));
        Ok(())
    }

    /// Gives the vector of a name another result that is expected.
    pub(super) fn expect(&mut self, name: &str, expect: &Json) {
        for text in &mut self.texts {
            let Ok(mut vector) = serde_json::from_str::<Json>(text) else { continue };
            if vector["name"] == name {
                vector["expect"] = expect.clone();
                *text = written(&vector);
            }
        }
    }

    pub(super) fn write(&self) -> Result<(), Failure> {
        let vectors: Vec<String> = self.texts.iter().map(|text| format!("  {text}")).collect();
        let text = format!("[\n{}\n]\n", vectors.join(",\n"));
        fs::write(&self.path, text)
            .map_err(Failure::of(format!("{} cannot be written", self.path.display())))
    }
}

/// A vector as it stands in the list, which is set in by two blanks.
fn written(vector: &Json) -> String {
    format!("{vector:#}").replace('\n', "\n  ")
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

    #[test]
    fn what_is_not_changed_stays_as_it_is_written() {
        let (folder, mut file) = file();
        file.write().unwrap();
        assert_eq!(fs::read_to_string(folder.path().join(VECTORS)).unwrap(), FILE);
        file.expect("two", &json!({"reading": {"data": {"a": 1}}}));
        file.write().unwrap();
        let text = fs::read_to_string(folder.path().join(VECTORS)).unwrap();
        let kept = FILE.split("  { \"name\": \"two\"").next().unwrap();
        assert!(text.starts_with(kept), "{text}");
        let again = VectorsFile::read(folder.path()).unwrap();
        let second = again.vectors().nth(1).unwrap();
        assert_eq!(second.expect, json!({"reading": {"data": {"a": 1}}}));
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
