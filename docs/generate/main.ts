import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { generatedFiles } from "./generated.ts";

// Writes the files that are made from the sources. test/lint/generated.test.ts tells where one of them is not what this writes.
const root = resolve(import.meta.dirname, "../..");
for (const { path, text } of generatedFiles(root)) writeFileSync(join(root, path), text);
