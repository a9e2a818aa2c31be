/** The rules of imports, checked by `npm run check:imports`. Each rule's comment says what to do instead. */

/** The app's rooms, top to bottom, with the rooms that each may import beside the basics. */
const rooms = {
  'src/account-check': ['src/delivery/', 'src/settings', 'src/panel/'],
  'src/delivery/': ['src/person/', 'src/translate/', 'src/settings', 'src/rules/'],
  'src/person/': ['src/translate/', 'src/settings', 'src/rules/'],
  'src/translate/': ['src/settings', 'src/rules/'],
  'src/settings': ['src/rules/', 'src/panel/'],
  'src/rules/': ['src/panel/'],
  'src/panel/': [],
}

/** The files at the root of src/ that are rooms, and so not basics. */
const roomFiles = '^src/(account-check|settings)\\.ts$'
const basics = { path: '^src/[^/]+\\.ts$', pathNot: roomFiles }

function pathOf(room) {
  return room.endsWith('/') ? `^${room}` : `^${room}\\.ts$`
}

const roomRules = Object.entries(rooms).map(([room, below]) => ({
  name: `room ${room}`,
  comment: 'A room imports only the rooms below it and the basics: move the shared code into a room below both.',
  severity: 'error',
  from: { path: pathOf(room) },
  to: { path: '^(src/[^/]+/|index\\.ts$)|' + roomFiles, pathNot: [room, ...below].map(pathOf) },
}))

const appRules = [
  ...roomRules,
  {
    name: 'basics import only types of rooms',
    comment: 'A basic file is imported by every room: use `import type`, or move the code into a room.',
    severity: 'error',
    from: basics,
    to: { path: ['^src/[^/]+/', roomFiles, '^index\\.ts$'], dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'translate takes only types of settings',
    comment: 'Translation gets the settings as a parameter: use `import type`.',
    severity: 'error',
    from: { path: '^src/translate/' },
    to: { path: '^src/settings\\.ts$', dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'the app stands alone',
    comment: 'PostHog runs only index.ts and src/.',
    severity: 'error',
    from: { path: ['^index\\.ts$', '^src/'] },
    to: { path: '^(sandbox|build|deploy|export|__tests__|playground)/' },
  },
  {
    name: 'the app has no Node.js',
    comment: 'The servers differ in what they provide of Node.js: use plain JavaScript.',
    severity: 'error',
    from: { path: ['^index\\.ts$', '^src/'] },
    to: { dependencyTypes: ['core'] },
  },
  {
    name: 'the app imports only what PostHog provides',
    comment: 'Use @posthog/plugin-scaffold and node-fetch only, as build/bundle.ts says.',
    severity: 'error',
    from: { path: ['^index\\.ts$', '^src/'] },
    to: { path: '(^|/)node_modules/', pathNot: '(^|/)node_modules/(@posthog/plugin-scaffold|(@types/)?node-fetch)/' },
  },
]

const benchRules = [
  {
    name: 'the page has no Node.js',
    comment: 'The page runs in a browser. It may reach its own files, the contract, the shapes and marked.',
    severity: 'error',
    from: { path: '^playground/page/' },
    to: {
      path: '.',
      pathNot: '^playground/(page/|contract\\.ts$)|^sandbox/posthog/shapes\\.ts$|(^|/)node_modules/marked/',
      reachable: true,
    },
  },
  {
    name: 'shapes import nothing',
    comment: 'The page imports the shapes.',
    severity: 'error',
    from: { path: '^sandbox/posthog/shapes\\.ts$' },
    to: { path: '.' },
  },
  {
    name: 'the stand-ins know the app by plugin.json',
    comment: 'Only the benchmark imports the source of the app, to measure it outside the VM, and the settings in Hog.',
    severity: 'error',
    from: { path: '^(sandbox|playground|deploy)/', pathNot: '^sandbox/(bench|hog)/' },
    to: { path: ['^index\\.ts$', '^src/'] },
  },
  {
    name: 'the sandbox knows no playground',
    comment: 'The playground, the commands and the tests use the sandbox, not the other way round.',
    severity: 'error',
    from: { path: '^(sandbox|build)/' },
    to: { path: '^(playground|deploy|export|__tests__)/' },
  },
  {
    name: 'the export runs the app on persons, without stand-ins',
    comment: 'The export is no stand-in: it asks the real PostHog, and takes the settings and rules of src/.',
    severity: 'error',
    from: { path: '^export/' },
    to: {
      path: '^(index\\.ts$|src/|sandbox/|build/|playground/|deploy/|__tests__/)',
      pathNot: '^src/(settings|translate/|rules/|panel/|[a-z-]+\\.ts$)|^sandbox/(lib/|app/config-file\\.ts$)',
    },
  },
  {
    name: 'the playground and the commands know no tests',
    severity: 'error',
    from: { path: '^(playground|deploy)/' },
    to: { path: '^__tests__/' },
  },
  {
    name: 'the stand-ins know only the library',
    comment: 'The stand-ins of PostHog and of Loops know neither each other nor the tools.',
    severity: 'error',
    from: { path: '^sandbox/(posthog|loops|lib)/' },
    to: { path: '^sandbox/', pathNot: '^sandbox/($1|lib)/|^sandbox/hog/' },
  },
  {
    name: 'only the REST API runs Hog',
    comment: 'The servers that run apps have no Hog.',
    severity: 'error',
    from: { path: '^sandbox/(posthog/(?!rest-api/)|loops/|lib/)' },
    to: { path: '^sandbox/hog/' },
  },
  {
    name: 'a tool imports no other tool',
    severity: 'error',
    from: { path: '^sandbox/(replay|faults|bench|events)/' },
    to: { path: '^sandbox/(replay|faults|bench|events|real)/', pathNot: '^sandbox/$1/' },
  },
  {
    name: 'the real parts take traffic and measures from the campaigns',
    severity: 'error',
    from: { path: '^sandbox/real/' },
    to: {
      path: '^sandbox/(replay|faults|bench|events)/',
      pathNot: '^sandbox/faults/(traffic|measures|receipts|random|loops-faults|fault-mixes)\\.ts$',
    },
  },
]

export default {
  forbidden: [
    {
      name: 'no circles',
      comment: 'Move what both files need into a third one. Imports of types count too.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'every import resolves',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    ...appRules,
    ...benchRules,
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Imports of types count, although TypeScript erases them.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    // Packages like csv-parse name their parts, such as csv-parse/sync, in "exports".
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
}
