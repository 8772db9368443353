//! Settings of the store: where it is, and how much it may take.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use champollion_store::{
    DatabaseName, NamedDatabase, NewGroups, PlacedOptions, PostgresOptions, StoreError,
};
use serde::{
    Deserialize, Deserializer,
    de::{
        self, MapAccess, SeqAccess,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};

use crate::storage::StorageLimits;

/// The word for new groups that go where the fewest devices are.
const FEWEST: &str = "fewest";

/// Where the store is, and its limits.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StoreSettings {
    /// Most bytes of the store; 0 is as many as the disk has.
    pub max_bytes: u64,
    /// Bytes of the disk that are left free.
    pub keep_free_bytes: u64,
    /// The address of a database, or several with their names; empty for the data folder.
    pub postgres: Addresses,
    /// A file that holds the password of the database, and of each of several that has none of its own; empty for none.
    pub postgres_password_file: PathBuf,
    /// The name of the one of several databases that new groups are placed in, or `fewest`: where the fewest devices are.
    pub new_groups: String,
    /// Whether nothing is made in a database or told to other nodes that the version before does not know.
    pub as_before: bool,
}

/// The address of a database, or those of several.
#[derive(Clone, PartialEq, Eq)]
pub enum Addresses {
    /// One database that has everything; an empty address is none.
    One(String),
    /// Several, the first of which is home to all that is the territory's.
    Several(Vec<NamedAddress>),
}

/// A database with its name.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct NamedAddress {
    /// The name of the database, which never changes.
    pub name: String,
    /// The address of the database.
    pub address: String,
    /// A file that holds its password; empty for that of the others.
    #[serde(default)]
    pub password_file: PathBuf,
}

/// The databases that keep everything.
pub(crate) enum Databases {
    /// One, which has everything.
    One(PostgresOptions),
    /// Several, among which groups are placed.
    Several(PlacedOptions),
}

impl<'de> Deserialize<'de> for Addresses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Addresses;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter
                    .write_str("an address, or a list of databases, each with name and address")
            }

            fn visit_str<E: de::Error>(self, address: &str) -> Result<Addresses, E> {
                Ok(Addresses::One(address.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, several: A) -> Result<Addresses, A::Error> {
                let several = Vec::<Listed>::deserialize(SeqAccessDeserializer::new(several))?;
                Ok(Addresses::Several(several.into_iter().map(|Listed(one)| one).collect()))
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

/// A database of a list. An address without a name is refused and not shown: it may hold a password.
struct Listed(NamedAddress);

impl<'de> Deserialize<'de> for Listed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Listed;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a database with name and address")
            }

            fn visit_str<E: de::Error>(self, _address: &str) -> Result<Listed, E> {
                let said =
                    "each database of a list has a name too: { name = \"…\", address = \"…\" }";
                Err(E::custom(said))
            }

            fn visit_map<A: MapAccess<'de>>(self, one: A) -> Result<Listed, A::Error> {
                NamedAddress::deserialize(MapAccessDeserializer::new(one)).map(Listed)
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

impl StoreSettings {
    /// Whether nodes share databases, and not a folder that one process has.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.postgres != Addresses::One(String::new())
    }

    /// The names of several databases, home first; of one there is none. Nodes agree on them.
    #[must_use]
    pub fn names(&self) -> String {
        match &self.postgres {
            Addresses::One(_) => String::new(),
            Addresses::Several(several) => {
                let names: Vec<&str> = several.iter().map(|one| one.name.as_str()).collect();
                names.join(", ")
            }
        }
    }

    /// Returns the limits of the disk.
    #[must_use]
    pub const fn limits(&self) -> StorageLimits {
        StorageLimits { max_bytes: self.max_bytes, keep_free_bytes: self.keep_free_bytes }
    }

    /// Returns the databases that keep everything, with their passwords; `None` where the data folder does.
    pub(crate) fn databases(&self) -> Result<Option<Databases>, StoreError> {
        match &self.postgres {
            Addresses::One(address) if address.is_empty() => Ok(None),
            Addresses::One(address) => {
                let options = self.options(address, &self.postgres_password_file)?;
                Ok(Some(Databases::One(options)))
            }
            Addresses::Several(several) => {
                let databases =
                    several.iter().map(|one| self.named(one)).collect::<Result<_, _>>()?;
                let new_groups = match self.new_groups.as_str() {
                    FEWEST => NewGroups::Fewest,
                    name => NewGroups::In(name.parse()?),
                };
                Ok(Some(Databases::Several(PlacedOptions { databases, new_groups })))
            }
        }
    }

    fn named(&self, one: &NamedAddress) -> Result<NamedDatabase, StoreError> {
        let name: DatabaseName = one.name.parse()?;
        let own = &one.password_file;
        let file = if own.as_os_str().is_empty() { &self.postgres_password_file } else { own };
        Ok(NamedDatabase { name, options: self.options(&one.address, file)? })
    }

    fn options(&self, address: &str, file: &Path) -> Result<PostgresOptions, StoreError> {
        let schema = PostgresOptions::known_schema(self.as_before);
        let options = PostgresOptions::new(address).schema(schema);
        if file.as_os_str().is_empty() {
            return Ok(options);
        }
        let password = fs::read_to_string(file).map_err(|source| StoreError::Io {
            action: "read the password of the database in",
            path: file.to_owned(),
            source,
        })?;
        Ok(options.password(password.trim_end_matches(['\r', '\n'])))
    }
}

/// The address may hold a password, which no log shall show.
impl fmt::Debug for StoreSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("StoreSettings")
            .field("limits", &self.limits())
            .field("is_shared", &self.is_shared())
            .field("names", &self.names())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(postgres: Addresses, file: PathBuf) -> StoreSettings {
        StoreSettings {
            max_bytes: 0,
            keep_free_bytes: 0,
            postgres,
            postgres_password_file: file,
            new_groups: FEWEST.to_owned(),
            as_before: false,
        }
    }

    fn one(settings: &StoreSettings) -> PostgresOptions {
        match settings.databases().unwrap() {
            Some(Databases::One(options)) => options,
            _ => panic!("one database is named"),
        }
    }

    fn read(text: &str) -> Result<Addresses, String> {
        #[derive(Deserialize)]
        struct Read {
            postgres: Addresses,
        }
        let read: Result<Read, _> = toml::from_str(text);
        read.map(|read| read.postgres).map_err(|error| error.to_string())
    }

    #[test]
    fn the_password_of_a_database_is_read_from_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        let address = |text: &str| Addresses::One(text.to_owned());
        assert!(settings(address(""), file.clone()).databases().unwrap().is_none());
        let url = "postgres://u:in-the-address@db.example/d";
        assert_eq!(one(&settings(address(url), PathBuf::new())).password, None);
        let missing = settings(address(url), file.clone());
        assert!(missing.databases().err().unwrap().to_string().contains("password"));
        assert!(!format!("{missing:?}").contains("in-the-address"));
        fs::write(&file, "of the file\n").unwrap();
        let options = one(&settings(address(url), file));
        assert_eq!(options.password.as_deref(), Some("of the file"));
        assert_eq!(options.schema, PostgresOptions::NEWEST_SCHEMA);
        let settings = settings(address(url), PathBuf::new());
        let before = StoreSettings { as_before: true, ..settings };
        assert_eq!(one(&before).schema, PostgresOptions::NEWEST_SCHEMA - 1);
    }

    #[test]
    fn several_databases_have_names_and_passwords_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let (shared, own) = (folder.path().join("shared"), folder.path().join("own"));
        fs::write(&shared, "of all").unwrap();
        fs::write(&own, "of east").unwrap();
        let text = format!(
            "postgres = [{{ name = 'home', address = 'postgres://h/a' }}, \
             {{ name = 'east', address = 'postgres://h/b', password-file = '{}' }}]",
            own.display()
        );
        let several = settings(read(&text).unwrap(), shared);
        assert_eq!(several.names(), "home, east");
        let Some(Databases::Several(options)) = several.databases().unwrap() else { panic!() };
        assert_eq!(options.new_groups, NewGroups::Fewest);
        let passwords = options.databases.iter().map(|one| one.options.password.as_deref());
        assert_eq!(passwords.collect::<Vec<_>>(), [Some("of all"), Some("of east")]);
        let east = StoreSettings { new_groups: "east".to_owned(), ..several };
        let Some(Databases::Several(options)) = east.databases().unwrap() else { panic!() };
        assert_eq!(options.new_groups, NewGroups::In("east".parse().unwrap()));
    }

    #[test]
    fn a_list_of_databases_that_cannot_be_used_is_refused_with_what_is_missing() {
        let said = read("postgres = [{ address = 'postgres://h/a' }]").err().unwrap();
        assert!(said.contains("missing field `name`"), "{said}");
        let said = read("postgres = [{ name = 'home', url = 'postgres://h/a' }]").err().unwrap();
        assert!(said.contains("unknown field `url`"), "{said}");
        let listed = r#"["postgres://u:in-the-address@h/a"]"#;
        let said = serde_json::from_str::<Addresses>(listed).err().unwrap().to_string();
        assert!(said.contains("has a name too") && !said.contains("in-the-address"), "{said}");
        let said = read("postgres = 7").err().unwrap();
        assert!(said.contains("a list of databases"), "{said}");
        let wrong = read("postgres = [{ name = 'Home', address = 'postgres://h/a' }]").unwrap();
        let refused = settings(wrong, PathBuf::new()).databases().err().unwrap();
        assert!(refused.to_string().contains("\"Home\""), "{refused}");
    }
}
