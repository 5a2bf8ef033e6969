// Reads the sources the way the house rules look at them: files, and what each imports. Knows no rule itself.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

export interface Import {
  /** A source file relative to the root for a relative import, else the package or `node:` module. */
  readonly target: string;
  readonly isRelative: boolean;
  readonly isTypeOnly: boolean;
  /** Empty for a default, namespace or bare import. */
  readonly names: readonly string[];
}

export interface SourceFile {
  /** Relative to the root, with forward slashes. */
  readonly path: string;
  readonly lineCount: number;
  readonly imports: readonly Import[];
  /** Holds nothing but re-exports of other files. */
  readonly isBarrel: boolean;
  readonly hasDefaultExport: boolean;
  readonly startsWithComment: boolean;
}

const ROOT = path.resolve(import.meta.dirname, '..', '..');

/** Every .ts, .mjs and .svelte file under `folders`. */
export function readSources(folders: readonly string[]): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(ts|mjs|svelte)$/.test(file))
      .map((file) => `${folder}/${file.replaceAll('\\', '/')}`)
      .sort()
      .map((file) => parseSource(file, readFileSync(path.join(ROOT, file), 'utf8'))),
  );
}

export function parseSource(file: string, text: string): SourceFile {
  const code = file.endsWith('.svelte') ? scriptsOf(text) : text;
  const tree = ts.createSourceFile(file, code, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
  const imports: Import[] = [];
  const visit = (node: ts.Node): void => {
    const found = importOf(node, file);
    if (found) imports.push(found);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return {
    path: file,
    lineCount: text.trimEnd().split('\n').length,
    imports,
    isBarrel: tree.statements.length > 0 && tree.statements.every(isReExport),
    hasDefaultExport: tree.statements.some(isDefaultExport),
    startsWithComment: /^\s*(\/\/|\/\*)/.test(code),
  };
}

/** Circles of files that import each other, each as the files in order; empty when there are none. */
export function findCycles(files: readonly SourceFile[]): string[][] {
  const importsOf = new Map(
    files.map((file) => [file.path, file.imports.filter((entry) => entry.isRelative).map((entry) => entry.target)]),
  );
  const cycles: string[][] = [];
  const isDone = new Set<string>();
  const trail: string[] = [];
  const walk = (file: string): void => {
    const at = trail.indexOf(file);
    if (at >= 0) cycles.push([...trail.slice(at), file]);
    if (at >= 0 || isDone.has(file)) return;
    trail.push(file);
    for (const target of importsOf.get(file) ?? []) walk(target);
    trail.pop();
    isDone.add(file);
  };
  for (const file of importsOf.keys()) walk(file);
  return cycles;
}

function importOf(node: ts.Node, file: string): Import | null {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    const clause = node.importClause;
    const bindings = clause?.namedBindings;
    const elements = bindings && ts.isNamedImports(bindings) ? [...bindings.elements] : [];
    const isTypeOnly =
      clause?.phaseModifier === ts.SyntaxKind.TypeKeyword ||
      (elements.length > 0 && !clause?.name && elements.every((element) => element.isTypeOnly));
    const names = elements.map((element) => (element.propertyName ?? element.name).text);
    return { ...resolveTarget(node.moduleSpecifier.text, file), isTypeOnly, names };
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier)) {
    return { ...resolveTarget(node.moduleSpecifier.text, file), isTypeOnly: node.isTypeOnly, names: [] };
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [specifier] = node.arguments;
    if (specifier && ts.isStringLiteral(specifier)) {
      return { ...resolveTarget(specifier.text, file), isTypeOnly: false, names: [] };
    }
  }
  return null;
}

function resolveTarget(specifier: string, file: string): Pick<Import, 'target' | 'isRelative'> {
  if (specifier.startsWith('.')) {
    return { target: path.posix.join(path.posix.dirname(file), specifier), isRelative: true };
  }
  if (specifier.startsWith('node:')) return { target: specifier, isRelative: false };
  const parts = specifier.split('/');
  return { target: parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/'), isRelative: false };
}

function isReExport(statement: ts.Statement): boolean {
  return ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined;
}

function isDefaultExport(statement: ts.Statement): boolean {
  if (ts.isExportAssignment(statement)) return true;
  return (
    ts.canHaveModifiers(statement) &&
    (ts.getModifiers(statement) ?? []).some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword)
  );
}

function scriptsOf(markup: string): string {
  return [...markup.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map((match) => match[1] ?? '').join('\n');
}
