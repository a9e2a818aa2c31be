import { existsSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import packageJson from '../../package.json'
import { anchorsIn, documents, linksIn, root, textOf, withoutComments } from './setup'

describe.each(documents)('%s', (document) => {
  it('links to files and headings that there are', () => {
    const missing = linksIn(document).filter((target) => {
      if (/^https:\/\/[\w.-]+(\/|$)/.test(target)) return false
      const [path = '', anchor] = target.split('#')
      const file = path === '' ? document : relative(root, join(root, dirname(document), path))
      if (!existsSync(join(root, file))) return true
      return anchor !== undefined && (statSync(join(root, file)).isDirectory() || !anchorsIn(file).includes(anchor))
    })
    expect(missing).toEqual([])
  })

  it('names commands and files that there are', () => {
    const text = withoutComments(textOf(document))
    const scripts = [...text.matchAll(/\bnpm run ([a-z:-]+)/g)].map(([, name = '']) => name)
    expect(scripts.filter((name) => !(name in packageJson.scripts))).toEqual([])
    const files = [...text.matchAll(/`((?:src|destination|tools|__tests__|docs|dist)\/[\w./-]*)`/g)]
    expect(files.map(([, path = '']) => path).filter((path) => !existsSync(join(root, path)))).toEqual([])
  })
})

describe('the link test', () => {
  it('knows the anchors that GitHub gives to headings', () => {
    expect(anchorsIn('docs/settings.md')).toEqual(
      expect.arrayContaining(['events-to-send', 'events-to-send-1', 'dry-run-mock-out-http-requests']),
    )
  })
})
