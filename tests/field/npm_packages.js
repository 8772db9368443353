// Lays the codecs that `cargo xtask test` installs from npm out as packages: `node npm_packages.js NPM OUT`.
//
// The maker's library has one decoder for all of its products, which is told of the product it is for, so each
// product gets an entry below the library. The frames are those of the pages that come along.

const fs = require("node:fs");
const path = require("node:path");

const [npm, out] = process.argv.slice(2);
const maker = path.join(npm, "node_modules/@adeunis/codecs");

function between(text, start, end) {
  return text.split(start).slice(1).map((rest) => rest.split(end)[0]);
}

const entry = (product) => `
function decodeUplink(input) {
  var decoder = new codec.Decoder();
  decoder.setDeviceType(${JSON.stringify(product)});
  try {
    return { data: decoder.decode(Buffer.from(input.bytes).toString("hex")) };
  } catch (error) {
    return { errors: ["it cannot be decoded"] };
  }
}
`;

const library = fs.readFileSync(path.join(maker, "dist/lib.public.js"), "utf8");
const pages = path.join(maker, "src/demo");
fs.rmSync(out, { recursive: true, force: true });
for (const name of fs.readdirSync(pages).sort()) {
  const page = fs.readFileSync(path.join(pages, name), "utf8");
  const [product] = between(page, 'setDeviceType("', '"');
  const examples = between(page, 'data-frame="', '"').map((frame) => ({
    type: "uplink",
    description: frame,
    input: { bytes: [...Buffer.from(frame, "hex")], fPort: 1 },
    output: { data: {} },
  }));
  const folder = path.join(out, product);
  fs.mkdirSync(folder, { recursive: true });
  const write = (file, content) => fs.writeFileSync(path.join(folder, file), content);
  write("index.js", `${library}\n${entry(product)}`);
  write("examples.json", JSON.stringify(examples));
  write("package.json", JSON.stringify({ name: `adeunis-${product}`, version: "1.0.0" }));
}
