import { build } from 'esbuild'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { appDirectory } from '../lib/app-files'

export interface PageFile {
  type: string
  content: string | Buffer
}

const page = join(__dirname, 'page')

/** The style sheets in page/styles/, in the order in which later rules override earlier ones. */
const STYLES = ['base', 'controls', 'frame', 'settings', 'events', 'result', 'install', 'narrow']

/** The files of the page by path. The page's TypeScript is bundled in memory, and the style sheets are joined. */
export async function pageFiles(): Promise<ReadonlyMap<string, PageFile>> {
  const { outputFiles } = await build({
    entryPoints: [join(page, 'main.ts')],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    write: false,
  })
  const styles = STYLES.map((name) => readFileSync(join(page, 'styles', `${name}.css`), 'utf8')).join('\n')
  return new Map([
    ['/', { type: 'text/html; charset=utf-8', content: readFileSync(join(page, 'index.html')) }],
    ['/style.css', { type: 'text/css; charset=utf-8', content: styles }],
    ['/page.js', { type: 'text/javascript; charset=utf-8', content: outputFiles[0]?.text ?? '' }],
    // The Install dialog refers to it.
    [
      '/docs/servers.md',
      { type: 'text/plain; charset=utf-8', content: readFileSync(join(appDirectory, 'docs/servers.md')) },
    ],
    ['/logo.png', { type: 'image/png', content: readFileSync(join(appDirectory, 'logo.png')) }],
  ])
}
