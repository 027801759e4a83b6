// Writes what the console loads of others, and what its tests do: node build.mjs WEB TESTS, two folders (after npm ci).
//
// What is bundled is minified for the oldest browser that is served, what is copied comes so from its makers; VERSIONS.json says what is in
// each file, and from what; LICENSES.txt holds the licences of all that got in. The same packages give the same bytes.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const TARGET = "chrome92";
const COMMAND = "make vendor";
const FOLDERS = [
  {
    bundled: ["preact.js", "echarts.js", "qr.js"],
    copied: { "swagger-ui.js": "swagger-ui-dist/swagger-ui-bundle.js", "swagger-ui.css": "swagger-ui-dist/swagger-ui.css" },
  },
  { bundled: [], copied: { "axe.min.js": "axe-core/axe.min.js" } },
];
const LEGAL = /^(licen[cs]e|notice|swagger-ui-bundle\.js\.licen[cs]e)/i;
const SOURCE_MAP = /\n?\/[/*]# sourceMappingURL=\S+( \*\/)?\s*$/;

const here = import.meta.dirname;
const lock = JSON.parse(readFileSync(join(here, "package-lock.json"), "utf-8"));

/** The names of the packages whose code is in an output of esbuild. */
function packagesIn(output) {
  const paths = Object.entries(output.inputs).filter(([, input]) => input.bytesInOutput > 0);
  const names = paths.map(([path]) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]);
  return [...new Set(names.filter(Boolean))].sort();
}

function described(name) {
  const { version, integrity, license } = lock.packages[`node_modules/${name}`];
  return { name, version, license, integrity };
}

/** The texts of a package that must go wherever its code goes. */
function legalTexts(name) {
  const root = join(here, "node_modules", name);
  const files = [root, join(root, "licenses")].filter(existsSync).flatMap((path) =>
    readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isFile() && LEGAL.test(entry.name))
      .map((entry) => join(path, entry.name))
      .sort(),
  );
  if (files.length === 0) throw new Error(`${name}: no licence found in ${root}`);
  return files.map((file) => readFileSync(file, "utf-8").trim());
}

async function bundled(entry) {
  const result = await build({
    absWorkingDir: here,
    entryPoints: [entry],
    outfile: entry,
    bundle: true,
    format: "esm",
    target: TARGET,
    minify: true,
    charset: "utf8",
    legalComments: "none",
    banner: { js: "// Made by make vendor: VERSIONS.json says from what, LICENSES.txt under which terms." },
    define: { "process.env.NODE_ENV": '"production"' },
    metafile: true,
    write: false,
  });
  return { contents: Buffer.from(result.outputFiles[0].contents), names: packagesIn(Object.values(result.metafile.outputs)[0]) };
}

/** A file as its makers give it, but for the address of a map that is not shipped. */
function copied(from) {
  const text = readFileSync(join(here, "node_modules", from), "utf-8").replace(SOURCE_MAP, "\n");
  return { contents: Buffer.from(text), names: [from.split("/")[0]] };
}

async function write(folder, { bundled: entries, copied: copies }) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const made = {};
  for (const entry of entries) made[entry] = await bundled(entry);
  for (const [name, from] of Object.entries(copies)) made[name] = copied(from);
  const files = {};
  const all = new Set();
  for (const [name, { contents, names }] of Object.entries(made)) {
    writeFileSync(join(folder, name), contents);
    files[name] = { bytes: contents.length, sha512: createHash("sha512").update(contents).digest("hex"), packages: names.map(described) };
    names.forEach((each) => all.add(each));
  }
  const listed = { command: COMMAND, with: described("esbuild"), target: TARGET, files };
  writeFileSync(join(folder, "VERSIONS.json"), `${JSON.stringify(listed, null, 2)}\n`);
  writeFileSync(join(folder, "LICENSES.txt"), [...all].sort().map(licences).join("\n"));
}

function licences(name) {
  const { version, license } = described(name);
  const rule = "=".repeat(80);
  return [rule, `${name} ${version} (${license})`, rule, "", legalTexts(name).join("\n\n"), ""].join("\n");
}

for (const [index, contents] of FOLDERS.entries()) await write(process.argv[2 + index], contents);
