import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { settingFields } from '../lib/app-files'
import { handleCapture, servesCapture } from '../simulators/posthog/capture-endpoint'
import { parseJsonAt } from '../lib/text-file'
import { messageOf, UsageError } from '../lib/usage-error'
import { serverVersion, serverVersions } from '../simulators/posthog/versions'
import { PAGE_HEADERS, questionIn, Refusal, refuseStrangers } from './access'
import { TODAY } from './contract'
import type {
  EventQuestion,
  InstallQuestion,
  SendQuestion,
  SettingsQuestion,
  Start,
  Target,
  VerdictsQuestion,
} from './contract'
import { destinationStart, formOfApp } from '../../destination/from-settings/form'
import { withoutKey as withoutSecret } from '../../destination/from-settings/read'
import { checkedForm } from './destination-runs'
import { installOfApp, installOfDestination } from './install'
import { SIMULATOR_KEY } from './loops'
import { withoutKey } from './masking'
import type { PageFile } from './page-files'
import { settingsInAnswer } from './posthog-answers'
import { checkedConfiguration, checkedSettings } from './settings-problems'
import { USUAL_SERVER, type Session } from './session'

type Question = Record<string, unknown>

/** The page's questions, by path. SDKs use none of these paths. */
const questions: Readonly<Record<string, (session: Session, question: Question) => unknown>> = {
  '/playground/settings': (session, question) => session.problems(settingsIn(question)),
  '/playground/verdicts': (session, question) => {
    const { after } = question as Partial<VerdictsQuestion>
    return session.verdicts(settingsIn(question), after)
  },
  '/playground/mocked': (session, question) => session.mocked(settingsIn(question), eventIn(question)),
  '/playground/send': (session, question) => session.send(settingsIn(question), eventIn(question), targetIn(question)),
  '/playground/lists': (session, question) => session.lists(settingsIn(question), targetIn(question)),
  '/playground/config-file': (_session, question) => {
    const { apiKey: _, ...config } = checkedSettings(...fileIn(question))
    return config
  },
  '/playground/destination-form': (_session, question) => {
    const { form: saved, settings } = withoutSecret(checkedConfiguration(...fileIn(question)))
    if (saved !== undefined) return saved
    const form = formOfApp(settings)
    if (!('refusals' in form)) return form
    throw new UsageError(`A destination cannot take these settings. ${form.refusals.join(' ')}`)
  },
  '/playground/install': async (session, question) => {
    const asked = settingsIn(question)
    const { posthog } = question as Partial<InstallQuestion>
    return asked.destination === undefined
      ? installOfApp(asked.settings, serverVersion(asked.server), await session.problems(asked))
      : installOfDestination(asked.destination, String(posthog))
  },
  '/playground/reset': (session) => {
    session.reset()
    return session.simulator.state()
  },
  '/playground/clear': (session) => {
    session.live.clear()
    return {}
  },
}

/** The configuration in a file, the file's name and its text. @throws UsageError if it is not JSON. */
function fileIn({ name, text }: Question): [content: unknown, source: string, text: string] {
  const [source, json] = [String(name), String(text)]
  return [settingsInAnswer(parseJsonAt(source, json)), source, json]
}

function settingsIn({ settings, server, destination, recipes }: Question): SettingsQuestion {
  return {
    settings: checkedSettings(settings, 'The form'),
    server: String(server),
    ...(server === TODAY && { destination: checkedForm(destination) }),
    ...(Array.isArray(recipes) && { recipes: recipes.map(String) }),
  }
}

function targetIn(question: Question): Target {
  const { to, confirmed } = question as Partial<SendQuestion>
  if (to !== 'simulator' && to !== 'loops') throw new Refusal(400, 'Choose where to send it: "simulator" or "loops".')
  if (to === 'loops' && confirmed !== true) {
    throw new Refusal(403, 'Nothing is sent to the real Loops unless you confirm it.')
  }
  return to
}

function eventIn(question: Question): unknown {
  return (question as Partial<EventQuestion>).event
}

/** Creates the server for the page, its questions and PostHog's capture endpoint. The caller makes it listen. */
export function createPlayground(session: Session, files: ReadonlyMap<string, PageFile>): Server {
  return createServer((request, response) => {
    const path = pathOf(request)
    if (servesCapture(path)) {
      void handleCapture(request, response, (event) => {
        session.live.capture(event)
      })
      return
    }
    answer(request, response, path, session, files).catch((error: unknown) => {
      const status = error instanceof Refusal ? error.status : error instanceof UsageError ? 400 : 500
      sendJson(response, status, { problem: messageOf(error) })
    })
  })
}

function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?')[0] ?? '/'
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  session: Session,
  files: ReadonlyMap<string, PageFile>,
): Promise<void> {
  refuseStrangers(request)
  const ask = questions[path]
  if (ask !== undefined) {
    allow(request, 'POST')
    const question = await questionIn(request)
    sendJson(response, 200, await withMaskedErrors(question, () => ask(session, question)))
    return
  }
  const file = files.get(path)
  const isKnown = file !== undefined || path.startsWith('/playground/')
  if (isKnown) allow(request, 'GET')
  if (file !== undefined) response.writeHead(200, { ...PAGE_HEADERS, 'Content-Type': file.type }).end(file.content)
  else if (path === '/playground/start') sendJson(response, 200, startOf(session))
  else if (path === '/playground/loops') sendJson(response, 200, session.simulator.state())
  else if (path === '/playground/live') streamNews(response, session)
  else throw new Refusal(404, `There is nothing at ${path}.`)
}

/** Masks the key in the message of an error. */
async function withMaskedErrors(question: Question, ask: () => unknown): Promise<unknown> {
  try {
    return await ask()
  } catch (error) {
    const message = keysIn(question).reduce((text, key) => withoutKey(text, key), messageOf(error))
    if (error instanceof Refusal) throw error
    throw error instanceof UsageError ? new UsageError(message) : new Error(`The playground failed: ${message}`)
  }
}

function keysIn({ settings, destination }: Question): string[] {
  const { apiKey: ofApp } = (settings ?? {}) as { apiKey?: unknown }
  const { inputs } = (destination ?? {}) as { inputs?: { apiKey?: unknown } }
  return [ofApp, inputs?.apiKey].filter((key) => typeof key === 'string')
}

function allow({ method }: IncomingMessage, allowed: string): void {
  if (method !== allowed) throw new Refusal(405, `The playground accepts only ${allowed} here.`)
}

function startOf({ recorded, recipes }: Session): Start {
  return {
    fields: settingFields(),
    servers: serverVersions.map(({ name, from, until }) => ({ name, from, until })),
    server: USUAL_SERVER,
    recorded: [...recorded],
    recipes: [...recipes],
    destination: destinationStart(),
    simulatorKey: SIMULATOR_KEY,
  }
}

/** All live events together may be as long. */
const MOST_UNREAD_BYTES = 64 * 1024 * 1024

/** Sends the news as server-sent events until the page is closed. */
function streamNews(response: ServerResponse, session: Session): void {
  response.writeHead(200, { ...PAGE_HEADERS, 'Content-Type': 'text/event-stream' })
  const end = session.live.listen(({ name, data }) => {
    response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)
    // What a listener does not read would fill the memory. The page connects again, and gets all live events then.
    if (response.writableLength > MOST_UNREAD_BYTES) response.destroy()
  })
  response.on('close', end)
}

function sendJson(response: ServerResponse, status: number, content: unknown): void {
  response
    .writeHead(status, { ...PAGE_HEADERS, 'Content-Type': 'application/json; charset=utf-8' })
    .end(JSON.stringify(content))
}
