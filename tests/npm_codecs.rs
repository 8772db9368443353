//! The codecs of a maker, as it publishes them on npm, answer here what they answer in Node.js.
//!
//! `cargo xtask test` installs them into `target/npm`; nothing of them is in the repository.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use champollion_tests::{champollion, run, target};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

/// Products of the maker, and frames of all of them together, that its package has.
const PRODUCTS: usize = 20;
const FRAMES: usize = 220;

/// The entry that is put below the maker's file, since its decoder is called in a way of its own. The pages
/// of its package that show it off do the same.
const ENTRY: &str = r#"
function decodeUplink(input) {
  var decoder = new codec.Decoder();
  decoder.setDeviceType("PRODUCT");
  try {
    return { data: decoder.decode(Buffer.from(input.bytes).toString("hex")) };
  } catch (error) {
    return { errors: ["it cannot be decoded"] };
  }
}
"#;

/// The program for Node.js: it answers each frame of standard input.
const NODE: &str = r#"
const fs = require("fs");
const vm = require("vm");
globalThis.Buffer = Buffer;
vm.runInThisContext(fs.readFileSync(process.argv[1], "utf8"));
const frames = JSON.parse(process.argv[2]);
const answers = frames.map((frame) => {
  const bytes = [...Buffer.from(frame, "hex")];
  return { bytes, output: decodeUplink({ bytes, fPort: 1 }) };
});
console.log(JSON.stringify(answers));
"#;

/// A product and the frames that the maker shows it with.
struct Product {
    name: String,
    frames: Vec<String>,
}

fn package() -> PathBuf {
    let folder = target().join("npm/node_modules/@adeunis/codecs");
    assert!(folder.is_dir(), "{} is missing: run `cargo xtask test`", folder.display());
    folder
}

/// The pages of the package hold frames, and name the product that they are of.
fn products() -> Vec<Product> {
    let pages = fs::read_dir(package().join("src/demo")).expect("the package has pages");
    let mut products: Vec<Product> = pages
        .map(|page| {
            let page = fs::read_to_string(page.expect("it is a file").path()).expect("it is text");
            let name = between(&page, "setDeviceType(\"", "\"").next().expect("it names a product");
            let frames = between(&page, "data-frame=\"", "\"").map(str::to_owned).collect();
            Product { name: name.to_owned(), frames }
        })
        .collect();
    products.sort_by(|one, other| one.name.cmp(&other.name));
    products
}

fn between<'text>(text: &'text str, start: &str, end: &str) -> impl Iterator<Item = &'text str> {
    text.split(start).skip(1).filter_map(move |rest| rest.split(end).next())
}

/// The maker's file with an entry for a product.
fn write_codec(product: &str, path: &Path) {
    let library = fs::read_to_string(package().join("dist/lib.public.js")).expect("it is text");
    let codec = format!("{library}\n{}", ENTRY.replace("PRODUCT", product));
    fs::write(path, codec).expect("there is room");
}

/// Returns the answers of Node.js to the frames of a product.
fn answers_of_node(codec: &Path, frames: &[String]) -> Vec<Json> {
    let mut node = Command::new("node");
    node.args(["--eval", NODE]).arg(codec).arg(json!(frames).to_string());
    serde_json::from_str(&run(&mut node).success()).expect("it prints JSON")
}

#[test]
fn of_npm_every_frame_of_every_product_is_answered_as_in_node() {
    let products = products();
    let frames: usize = products.iter().map(|product| product.frames.len()).sum();
    assert_eq!(products.len(), PRODUCTS);
    assert!(frames >= FRAMES, "{frames} frames");
    for Product { name, frames } in products {
        let folder = TempDir::new().expect("there is room");
        let codec = folder.path().join("index.js");
        write_codec(&name, &codec);
        let answers = answers_of_node(&codec, &frames);
        let decoded =
            answers.iter().filter(|answer| answer["output"].get("data").is_some()).count();
        assert!(decoded > frames.len() / 2, "{name}: Node.js itself decodes {decoded}");
        let example = |(answer, frame): (&Json, &String)| {
            json!({
                "type": "uplink",
                "description": frame,
                "input": { "bytes": answer["bytes"], "fPort": 1 },
                "output": answer["output"],
            })
        };
        let examples: Vec<Json> = answers.iter().zip(&frames).map(example).collect();
        let write = |file: &str, content: Json| {
            fs::write(folder.path().join(file), content.to_string()).expect("there is room");
        };
        write("examples.json", json!(examples));
        let product = json!({ "name": name, "productId": "1" });
        write("metadata.json", json!({ "vendorId": "00FE", "product": product }));
        write("package.json", json!({ "name": format!("adeunis-{name}"), "version": "1.6.1" }));

        let mut import = champollion();
        import.arg("import").arg(folder.path()).args(["--json", "--licence", "MIT"]);
        let id = format!("adeunis/{}", name.to_lowercase());
        let output = run(import.args(["--id", &id]));
        let report: Json = serde_json::from_str(&output.stdout)
            .unwrap_or_else(|error| panic!("{name}: no JSON, {error}: {output:#?}"));
        assert_eq!(report["vectors"]["failed"], json!([]), "{name}");
        assert_eq!(report["vectors"]["passed"], frames.len(), "{name}");
        assert_eq!(report["packages"], 1, "{name}: {report}");
    }
}

/// The package's own tests say what is in this frame of two thermometers.
#[test]
fn of_npm_a_codec_of_240_kilobytes_decodes_straight_from_its_file() {
    let folder = TempDir::new().expect("there is room");
    let codec = folder.path().join("temp4.js");
    write_codec("temp4", &codec);
    let mut decode = champollion();
    decode.args(["decode", "--json", "--fport", "1", "--hex", "571001B301B2", "--decoder"]);
    let reading: Json = serde_json::from_str(&run(decode.arg(&codec)).success()).expect("JSON");
    assert_eq!(reading["data"]["type"], "0x57 Temp 4 periodic data");
    assert_eq!(reading["data"]["temperatures"][0]["values"][0], 43.5);
    assert_eq!(reading["data"]["temperatures"][1]["values"][0], 43.4);
}
