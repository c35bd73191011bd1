// Runs a wasip1 program with Node: node .ci/wasi.mjs FILE ARGUMENT… It may use all files.
import { readFileSync } from 'node:fs'
import { WASI } from 'node:wasi'

const [file, ...args] = process.argv.slice(2)
const wasi = new WASI({ version: 'preview1', args: [file, ...args], env: process.env, preopens: { '/': '/' } })
const program = await WebAssembly.compile(readFileSync(file))
process.exit(wasi.start(await WebAssembly.instantiate(program, wasi.getImportObject())))
