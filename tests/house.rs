//! The house: files of a crate import each other in one direction, and a folder has its face in `mod.rs`.
//!
//! An import of a name that a face hands on is an arrow to the face; that the face hands it on is none. A face and the files
//! of its room belong together, so an import from a file to the faces above it is no arrow either.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use champollion_tests::{rust_sources, workspace};
use syn::{Attribute, Item, UseTree, Visibility};

/// The path of a module within its crate; that of the root is empty.
type ModulePath = Vec<String>;

/// A module of a crate.
struct Module {
    file: PathBuf,
    /// The modules of the crate that it imports of.
    imports: BTreeSet<ModulePath>,
}

/// The modules of a crate, by their paths.
type Modules = BTreeMap<ModulePath, Module>;

/// The modules that each module imports of.
type Arrows = BTreeMap<ModulePath, BTreeSet<ModulePath>>;

/// Returns the path of a module by its file.
fn module_path(src: &Path, file: &Path) -> ModulePath {
    let file = file.strip_prefix(src).expect("it lies in the crate").with_extension("");
    let mut path: ModulePath =
        file.iter().map(|part| part.to_str().expect("names are UTF-8").to_owned()).collect();
    let is_face = path.last().is_some_and(|last| last == "mod");
    let is_root = path.len() == 1 && ["lib", "main"].contains(&path[0].as_str());
    if is_face || is_root {
        path.pop();
    }
    path
}

/// Whether an item is there in tests alone.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let is_test = attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"));
        attribute.path().is_ident("cfg") && is_test
    })
}

/// Adds the paths of a `use` below a path of segments.
fn paths_of(tree: &UseTree, path: &[String], found: &mut Vec<Vec<String>>) {
    let with = |ident: &syn::Ident| [path, &[ident.to_string()]].concat();
    match tree {
        UseTree::Path(part) => paths_of(&part.tree, &with(&part.ident), found),
        UseTree::Group(group) => group.items.iter().for_each(|tree| paths_of(tree, path, found)),
        UseTree::Name(name) => found.push(with(&name.ident)),
        UseTree::Rename(renamed) => found.push(with(&renamed.ident)),
        UseTree::Glob(_) => found.push(path.to_vec()),
    }
}

/// Returns the module that a path leads to as a module reads it; nothing where it leads out of the crate.
fn led_to(
    from: &ModulePath,
    segments: &[String],
    modules: &BTreeSet<ModulePath>,
) -> Option<ModulePath> {
    let (mut module, mut rest) = match segments.first()?.as_str() {
        "crate" => (Vec::new(), &segments[1..]),
        "self" | "super" => (from.clone(), segments),
        child => {
            let child = [&from[..], &[child.to_owned()]].concat();
            (modules.contains(&child).then(|| from.clone())?, segments)
        }
    };
    while let Some(segment) = rest.first() {
        match segment.as_str() {
            "self" => {}
            "super" => drop(module.pop()),
            name => {
                let child = [&module[..], &[name.to_owned()]].concat();
                if !modules.contains(&child) {
                    break;
                }
                module = child;
            }
        }
        rest = &rest[1..];
    }
    Some(module)
}

/// Reads the modules of a crate with their imports.
fn modules_of(src: &Path) -> Modules {
    let files = rust_sources(src);
    let paths: BTreeSet<ModulePath> = files.iter().map(|file| module_path(src, file)).collect();
    let module = |file: PathBuf| {
        let path = module_path(src, &file);
        let text = fs::read_to_string(&file).expect("sources are UTF-8");
        let mut used = Vec::new();
        for item in syn::parse_file(&text).expect("sources are Rust").items {
            if let Item::Use(item) = item
                && matches!(item.vis, Visibility::Inherited)
                && !is_for_tests(&item.attrs)
            {
                paths_of(&item.tree, &[], &mut used);
            }
        }
        let imports = used.iter().filter_map(|segments| led_to(&path, segments, &paths)).collect();
        (path, Module { file, imports })
    };
    files.into_iter().map(module).collect()
}

/// Returns the arrows of a crate: from each module to those that it imports of, but for the faces above it.
fn arrows(modules: &Modules) -> Arrows {
    let all = modules.iter().map(|(path, module)| {
        let others = module.imports.iter().filter(|other| !path.starts_with(other));
        (path.clone(), others.cloned().collect())
    });
    all.collect()
}

/// Returns the modules that are reached from one.
fn reached(from: &ModulePath, arrows: &Arrows) -> BTreeSet<ModulePath> {
    let (mut found, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(path) = next.pop() {
        for to in &arrows[path] {
            if found.insert(to.clone()) {
                next.push(to);
            }
        }
    }
    found
}

/// Leaves the arrows that lie on a circle.
fn on_circles(arrows: &Arrows) -> Arrows {
    let reached: Arrows = arrows.keys().map(|path| (path.clone(), reached(path, arrows))).collect();
    let on_circle = arrows.iter().map(|(from, to)| {
        let back = to.iter().filter(|to| reached[*to].contains(from));
        (from.clone(), back.cloned().collect::<BTreeSet<_>>())
    });
    on_circle.filter(|(_, to)| !to.is_empty()).collect()
}

/// The folders of sources of all crates.
fn crates() -> BTreeSet<PathBuf> {
    let files = rust_sources(workspace());
    let roots =
        files.iter().filter(|file| file.ends_with("src/lib.rs") || file.ends_with("src/main.rs"));
    roots.filter_map(|file| file.parent()).map(Path::to_owned).collect()
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let mut faults = Vec::new();
    for src in crates() {
        let modules = modules_of(&src);
        for (from, to) in on_circles(&arrows(&modules)) {
            let name = |path: &ModulePath| {
                let file = &modules[path].file;
                file.strip_prefix(workspace()).unwrap_or(file).display().to_string()
            };
            faults.extend(to.iter().map(|to| format!("{} imports {}", name(&from), name(to))));
        }
    }
    assert!(faults.is_empty(), "files import each other in circles:\n{}", faults.join("\n"));
}

#[test]
fn the_face_of_a_folder_is_its_mod_rs() {
    let files = crates().into_iter().flat_map(|src| rust_sources(&src));
    let beside: Vec<String> = files
        .filter(|file| {
            let folder = file.with_extension("");
            folder.is_dir() && !rust_sources(&folder).is_empty()
        })
        .map(|file| file.display().to_string())
        .collect();
    assert!(
        beside.is_empty(),
        "these belong into their folders, as mod.rs:\n{}",
        beside.join("\n")
    );
}

#[test]
fn a_circle_is_found_where_there_is_one() {
    let folder = tempfile::TempDir::new().expect("there is room for a folder");
    let src = folder.path();
    let write = |file: &str, text: &str| {
        fs::create_dir_all(src.join(file).parent().expect("it has one")).expect("it can be made");
        fs::write(src.join(file), text).expect("it can be written");
    };
    write("lib.rs", "mod a; mod room; pub use room::Inner;");
    write("a.rs", "use crate::room::inner::Inner; pub struct A;");
    write("room/mod.rs", "pub mod inner; mod other; pub use inner::Inner; pub struct Face;");
    write("room/inner.rs", "use super::{Face, other::Other}; pub struct Inner;");
    write("room/other.rs", "#[cfg(test)] use crate::a::A; pub struct Other;");
    assert!(on_circles(&arrows(&modules_of(src))).is_empty(), "there is none");
    write("room/other.rs", "use crate::a::A; pub struct Other;");
    let found: Vec<String> =
        on_circles(&arrows(&modules_of(src))).keys().map(|path| path.join("::")).collect();
    assert_eq!(found, ["a", "room::inner", "room::other"]);
}
