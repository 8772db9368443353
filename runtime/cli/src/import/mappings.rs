//! Mappings that are given to an import: read and checked before anything is published, and put afterwards.

use std::{
    fs,
    path::{Path, PathBuf},
};

use champollion_client::{Client, MappedField, MappingRequest};
use champollion_import::PutMapping;
use champollion_registry::package::{DecoderId, Manifest, MappedField as Mapped, MappingFile};

use crate::Failure;

/// A mapping that was given, and the decoder that it is of.
pub(super) struct GivenMapping {
    path: PathBuf,
    id: DecoderId,
    file: MappingFile,
}

impl GivenMapping {
    /// Reads a file. `only` is the decoder of a mapping that names none.
    pub(super) fn read(path: &Path, only: Option<&DecoderId>) -> Result<Self, Failure> {
        let task = unusable(path);
        let text = fs::read_to_string(path).map_err(Failure::of_file(&task))?;
        let file = MappingFile::parse(&text).map_err(Failure::of(&task))?;
        let Some(id) = file.decoder.as_ref().or(only).cloned() else {
            let reason =
                "it names no decoder: decoder = \"vendor/model\" says whose fields they are";
            return Err(Failure::new(task, reason));
        };
        Ok(Self { path: path.to_owned(), id, file })
    }

    /// Checks it against the packages that were made; what they do not have the server knows.
    pub(super) fn check<'of>(
        &self,
        mut manifests: impl Iterator<Item = &'of Manifest>,
    ) -> Result<(), Failure> {
        let Some(manifest) = manifests.find(|manifest| manifest.id == self.id) else {
            return Ok(());
        };
        self.file.check(Some(manifest)).map_err(Failure::of(unusable(&self.path)))
    }

    /// Puts it in force on a server.
    pub(super) async fn put(&self, client: &Client) -> Result<PutMapping, Failure> {
        let mapping = &self.file.mapping;
        let wish = MappingRequest {
            version: mapping.version.clone(),
            fields: mapping.fields.iter().map(told).collect(),
            dry_run: false,
        };
        let put = client.put_mapping(&self.id, &wish).await?.into_value();
        Ok(PutMapping { digest: Some(put.digest), ..self.tried() })
    }

    /// The same as one that was only read and checked.
    pub(super) fn tried(&self) -> PutMapping {
        PutMapping {
            file: self.path.display().to_string(),
            id: self.id.to_string(),
            version: self.file.mapping.version.to_string(),
            digest: None,
        }
    }
}

fn unusable(path: &Path) -> String {
    format!("the mapping {} cannot be used", path.display())
}

/// A field in the words of the client.
fn told(field: &Mapped) -> MappedField {
    let Mapped { name, quantity, unit, scale, offset, channel, kind, words, unseen } = field;
    MappedField {
        name: name.clone(),
        quantity: quantity.clone(),
        unit: unit.clone(),
        scale: *scale,
        offset: *offset,
        channel: *channel,
        kind: kind.map(|kind| kind.as_str().to_owned()),
        words: words.clone(),
        unseen: *unseen,
    }
}
