import { MAXIMUM_QUESTION_BYTES } from '../../tools/playground/access'
import { event, settings, question, sentToLoops, ask, asJson, post } from './setup'
import type { Asked } from './setup'

jest.setTimeout(60_000)

describe('the playground refuses', () => {
  const send = { ...question, event }
  const stranger = 'https://stranger.example.com'
  test.each<[string, string, Asked, number, RegExp]>([
    ['a foreign origin', '/playground/start', { headers: { Origin: stranger } }, 403, /^Pages of https:\/\/stranger/],
    ['no origin at all', '/playground/start', { headers: { Origin: 'null' } }, 403, /^Pages of null may send events/],
    [
      'another port as origin',
      '/',
      { headers: { Origin: 'http://localhost:1' } },
      403,
      /^Pages of http:\/\/localhost:1/,
    ],
    ['a foreign host', '/', { headers: { Host: 'stranger.example.com' } }, 403, /not at "stranger\.example\.com"\.$/],
    [
      'a name that points here',
      '/playground/start',
      { headers: { Host: `a.localhost` } },
      403,
      /^The playground is at/,
    ],
    [
      'a foreign origin that sends',
      '/playground/send',
      { method: 'POST', headers: { ...asJson, Origin: stranger }, body: JSON.stringify({ ...send, to: 'simulator' }) },
      403,
      /^Pages of/,
    ],
    [
      'the preflight of a foreign origin',
      '/playground/send',
      { method: 'OPTIONS', headers: { Origin: stranger } },
      403,
      /^Pages/,
    ],
    ['a form', '/playground/send', { method: 'POST', body: 'a=b' }, 415, /accepts only JSON/],
    ['broken JSON', '/playground/send', { method: 'POST', headers: asJson, body: '{' }, 400, /not a JSON object/],
    ['a list', '/playground/send', { method: 'POST', headers: asJson, body: '[]' }, 400, /not a JSON object/],
    [
      'too large a body',
      '/playground/mocked',
      { method: 'POST', headers: asJson, body: ' '.repeat(MAXIMUM_QUESTION_BYTES + 1) },
      413,
      /larger than the 2 MB/,
    ],
    ['to be asked by GET', '/playground/send', {}, 405, /accepts only POST/],
    ['to be written to', '/', { method: 'POST' }, 405, /accepts only GET/],
    ['an unknown path', '/nowhere', {}, 404, /^There is nothing at \/nowhere\.$/],
    ['an unknown question', '/playground/nothing', {}, 404, /^There is nothing at/],
  ])('%s', async (_name, path, asked, status, sentence) => {
    const refused = await ask(path, asked)
    expect(refused.status).toBe(status)
    expect((JSON.parse(refused.body) as { problem: string }).problem).toMatch(sentence)
    expect(refused.headers).not.toHaveProperty('access-control-allow-origin')
  })

  test.each<[string, string, object, number, RegExp]>([
    ['an unknown server', 'settings', { ...question, server: '9' }, 400, /^There is no PostHog server "9"\.$/],
    ['no settings', 'settings', { server: '2024-02' }, 400, /^The form contains no settings/],
    ['an unknown setting', 'verdicts', { ...question, settings: { key: 'a' } }, 400, /unknown setting "key"/],
    [
      'an event without a name',
      'mocked',
      { ...question, event: {} },
      400,
      /^The event has no name: write it as "event"/,
    ],
    [
      'properties that are no JSON',
      'mocked',
      { ...question, event: { ...event, properties: '{"total":' } },
      400,
      /^The event has "properties" whose text is not valid JSON: /,
    ],
    [
      'properties that are a list',
      'mocked',
      { ...question, event: { ...event, properties: [] } },
      400,
      /^The event has "properties", which must be a JSON object like/,
    ],
    [
      'an event at no time',
      'mocked',
      { ...question, event: { ...event, timestamp: 'garbage' } },
      400,
      /^The event has the timestamp "garbage", which is not a valid time: write it like "2024-05-01T10:00:00Z", or leave it out\.$/,
    ],
    ['an event of nobody', 'mocked', { ...question, event: { event: 'a' } }, 400, /^The event 'a' has no distinct_id/],
    ['to send it nowhere', 'send', send, 400, /^Choose where to send it/],
    ['the real Loops unconfirmed', 'send', { ...send, to: 'loops' }, 403, /unless you confirm it\.$/],
    ['a confirmation that is none', 'send', { ...send, to: 'loops', confirmed: 'true' }, 403, /unless you confirm it/],
    [
      'the real Loops with the key of the simulator',
      'send',
      { ...send, settings: { ...settings, apiKey: 'loops-sandbox-key' }, to: 'loops', confirmed: true },
      400,
      /^The real Loops needs the key of your account/,
    ],
  ])('%s', async (_name, path, body, status, sentence) => {
    const refused = await post(path, body)
    expect(refused.status).toBe(status)
    expect((JSON.parse(refused.body) as { problem: string }).problem).toMatch(sentence)
    expect(sentToLoops).toEqual([])
  })
})
