// Runs a WASI program: node run-wasi.js PROGRAM.wasm
const { readFileSync } = require("node:fs");
const { WASI } = require("node:wasi");

const wasi = new WASI({ version: "preview1", args: ["program"], returnOnExit: true });
const imports = { wasi_snapshot_preview1: wasi.wasiImport };
WebAssembly.instantiate(readFileSync(process.argv[2]), imports).then(({ instance }) => {
    process.exitCode = wasi.start(instance);
});
