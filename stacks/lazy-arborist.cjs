// Stands in for npm's installer until somebody asks for it: see quick-start.ts. Marked as a module that was compiled from TypeScript, so
// that importers keep this object instead of copying what is in it.
Object.defineProperty(exports, "__esModule", { value: true });
Object.defineProperty(exports, "Arborist", { enumerable: true, get: () => require("@npmcli/arborist").Arborist });
