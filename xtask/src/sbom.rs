//! Writes the list of all that is built into the binary (SBOM), as CycloneDX: of the crates that cargo names.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value as Json, json};

use crate::shell::{cargo, say, workspace};

/// The crate whose binary is handed out.
const BINARY: &str = "champollion-cli";

/// The version of CycloneDX.
const SPECIFICATION: &str = "1.6";

/// The platform that the binary is built for; others have other crates of the system.
const PLATFORM: &str = "x86_64-unknown-linux-gnu";

/// The packages of a workspace and the edges between them, by their ids.
struct Graph {
    packages: BTreeMap<String, Json>,
    /// Dependencies that are built into a package: neither those of its tests nor of its build scripts.
    built_in: BTreeMap<String, BTreeSet<String>>,
}

/// Writes the list into a file.
pub(crate) fn write(file: &Path) -> Result<()> {
    let graph = Graph::read()?;
    let root = graph.named(BINARY)?;
    let reached = graph.reached_from(&root);
    let components: Vec<Json> = reached
        .iter()
        .filter(|id| **id != root)
        .map(|id| graph.component(id, "library"))
        .collect::<Result<_>>()?;
    let dependencies: Vec<Json> = reached
        .iter()
        .map(|id| {
            let of: Vec<String> =
                graph.edges(id).map(|other| graph.reference(other)).collect::<Result<_>>()?;
            Ok(json!({ "ref": graph.reference(id)?, "dependsOn": of }))
        })
        .collect::<Result<_>>()?;
    let count = components.len();
    let list = json!({
        "bomFormat": "CycloneDX",
        "specVersion": SPECIFICATION,
        "version": 1,
        "metadata": { "component": graph.component(&root, "application")? },
        "components": components,
        "dependencies": dependencies,
    });
    let file = workspace().join(file);
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&file, serde_json::to_string_pretty(&list)? + "\n")
        .with_context(|| format!("{} cannot be written", file.display()))?;
    say(format_args!("{}: {count} crates", file.display()));
    Ok(())
}

impl Graph {
    fn read() -> Result<Self> {
        let output = cargo()
            .args(["metadata", "--format-version", "1", "--locked", "--all-features"])
            .args(["--filter-platform", PLATFORM])
            .output()
            .context("`cargo metadata` cannot be started")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "`cargo metadata` failed: {said}");
        let metadata: Json = serde_json::from_slice(&output.stdout)?;
        let packages = list(&metadata["packages"])
            .map(|package| Ok((text(&package["id"])?, package.clone())))
            .collect::<Result<_>>()?;
        let built_in = list(&metadata["resolve"]["nodes"])
            .map(|node| Ok((text(&node["id"])?, edges(node)?)))
            .collect::<Result<_>>()?;
        Ok(Self { packages, built_in })
    }

    fn named(&self, name: &str) -> Result<String> {
        let found = self.packages.iter().find(|(_, package)| package["name"] == name);
        found.map(|(id, _)| id.clone()).with_context(|| format!("there is no crate {name}"))
    }

    fn edges(&self, id: &str) -> impl Iterator<Item = &String> {
        self.built_in.get(id).into_iter().flatten()
    }

    fn reached_from(&self, root: &str) -> BTreeSet<String> {
        let mut reached = BTreeSet::new();
        let mut next = vec![root.to_owned()];
        while let Some(id) = next.pop() {
            if reached.insert(id.clone()) {
                next.extend(self.edges(&id).cloned());
            }
        }
        reached
    }

    fn package(&self, id: &str) -> Result<&Json> {
        self.packages.get(id).with_context(|| format!("cargo does not describe {id}"))
    }

    /// The package URL of a crate, by which others find what is known of it.
    fn reference(&self, id: &str) -> Result<String> {
        let package = self.package(id)?;
        Ok(format!("pkg:cargo/{}@{}", text(&package["name"])?, text(&package["version"])?))
    }

    fn component(&self, id: &str, kind: &str) -> Result<Json> {
        let package = self.package(id)?;
        let reference = self.reference(id)?;
        let mut component = Map::new();
        component.insert("type".to_owned(), json!(kind));
        component.insert("bom-ref".to_owned(), json!(reference));
        component.insert("name".to_owned(), package["name"].clone());
        component.insert("version".to_owned(), package["version"].clone());
        component.insert("purl".to_owned(), json!(reference));
        if let Some(license) = package["license"].as_str() {
            // Before there were expressions a slash stood between two licences.
            let expression = license.replace('/', " OR ");
            component.insert("licenses".to_owned(), json!([{ "expression": expression }]));
        }
        if let Some(source) = package["repository"].as_str() {
            let references = json!([{ "type": "vcs", "url": source }]);
            component.insert("externalReferences".to_owned(), references);
        }
        Ok(component.into())
    }
}

/// The packages that are built into one.
fn edges(node: &Json) -> Result<BTreeSet<String>> {
    let is_built_in =
        |dependency: &&Json| list(&dependency["dep_kinds"]).any(|kind| kind["kind"].is_null());
    list(&node["deps"]).filter(is_built_in).map(|dependency| text(&dependency["pkg"])).collect()
}

fn list(value: &Json) -> impl Iterator<Item = &Json> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Json) -> Result<String> {
    match value.as_str() {
        Some(text) => Ok(text.to_owned()),
        None => bail!("cargo says {value} where a text belongs"),
    }
}
