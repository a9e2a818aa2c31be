import type { Start } from '../../tools/playground/contract'
import { event, anonymous, ask } from './setup'

jest.setTimeout(60_000)

describe('the page', () => {
  test('is served with a policy that allows nothing inline and nothing from elsewhere', async () => {
    const { status, headers, body } = await ask('/')
    expect(status).toBe(200)
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'/)
    expect(headers['content-security-policy']).not.toContain('unsafe')
    expect(body).not.toMatch(/<style|style=|<script>| on\w+=|https?:\/\//)
  })

  test.each([
    ['/page.js', 'text/javascript; charset=utf-8'],
    ['/style.css', 'text/css; charset=utf-8'],
    ['/logo.png', 'image/png'],
  ])('has %s', async (path, type) => {
    expect(await ask(path)).toMatchObject({ status: 200, headers: { 'content-type': type } })
  })

  test('is told what to draw', async () => {
    const start = JSON.parse((await ask('/playground/start')).body) as Start
    expect(start.fields[0]).toMatchObject({ key: 'apiKey', secret: true, required: true })
    expect(start.servers.map(({ name }) => name)).toContain('2024-02')
    expect(start.recorded).toEqual([event, anonymous])
  })
})
