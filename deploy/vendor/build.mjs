// Writes what the console loads of others: node build.mjs FOLDER (after npm ci).
//
// One file for each entry below, minified for the oldest browser that is served; VERSIONS.json says what is in each, and
// from what; LICENSES.txt holds the licences of all that got in. The same packages give the same bytes.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const TARGET = "chrome92";
const COMMAND = "make vendor";
const ENTRIES = ["preact.js", "echarts.js"];
const LEGAL = /^(licen[cs]e|notice)/i;

const here = import.meta.dirname;
const folder = process.argv[2];
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

async function written(entry) {
  const result = await build({
    absWorkingDir: here,
    entryPoints: [entry],
    outfile: join(folder, entry),
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
  const { contents } = result.outputFiles[0];
  writeFileSync(join(folder, entry), contents);
  const names = packagesIn(Object.values(result.metafile.outputs)[0]);
  return { names, bytes: contents.length, sha512: createHash("sha512").update(contents).digest("hex") };
}

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const files = {};
const all = new Set();
for (const entry of ENTRIES) {
  const { names, bytes, sha512 } = await written(entry);
  files[entry] = { bytes, sha512, packages: names.map(described) };
  names.forEach((name) => all.add(name));
}
const made = { command: COMMAND, with: described("esbuild"), target: TARGET, files };
writeFileSync(join(folder, "VERSIONS.json"), `${JSON.stringify(made, null, 2)}\n`);
const rule = "=".repeat(80);
const licences = [...all].sort().map((name) => {
  const { version, license } = described(name);
  return [rule, `${name} ${version} (${license})`, rule, "", legalTexts(name).join("\n\n"), ""].join("\n");
});
writeFileSync(join(folder, "LICENSES.txt"), licences.join("\n"));
