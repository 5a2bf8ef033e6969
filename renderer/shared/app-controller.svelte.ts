// The window as a whole: what the app said at the start, what the crawl is doing, which surface is up. Owns the other
// controllers and the event subscriptions; renders nothing.
import type { CallInput, LanternfishApi, StartDto, StatusDto } from '../../preload/ipc-contract.ts';
import { ClientController } from '../client/client-controller.svelte.ts';
import { CrawlController } from '../crawl/crawl-controller.svelte.ts';
import { DetailsController } from '../details/details-controller.svelte.ts';
import { MarksController } from '../details/marks-controller.svelte.ts';
import { SaveController } from '../details/save-controller.svelte.ts';
import { MagnetController } from '../details/magnet-controller.svelte.ts';
import { SavedController } from '../saved/saved-controller.svelte.ts';
import { HealthWatch } from '../search/health-watch.svelte.ts';
import { SearchController } from '../search/search-controller.svelte.ts';
import { SettingsPage } from '../settings/settings-page.svelte.ts';
import { SettingsController } from '../settings/settings-controller.svelte.ts';
import { SuggestionController } from '../search/suggestion-controller.svelte.ts';
import { TransferController } from '../transfer/transfer-controller.svelte.ts';
import type { WindowClock } from './clock.ts';
import { UpdateController } from '../status/update-controller.svelte.ts';
import { FocusRequest } from './focus-request.svelte.ts';
import { messages } from './messages.ts';

/** How often relative ages are drawn anew. */
const AGES_EVERY_MS = 15_000;

/** The search, or a page that is laid over it until it is closed. */
export type SurfaceName = 'search' | 'crawl' | 'settings';

/** What the person switches on in the notice. */
export type NoticeChoices = CallInput<'acceptNotice'>;

export interface AppDependencies {
  readonly api: LanternfishApi;
  readonly clock: WindowClock;
}

export class AppController {
  readonly search: SearchController;
  readonly suggestions: SuggestionController;
  readonly health: HealthWatch;
  readonly details: DetailsController;
  readonly magnets: MagnetController;
  readonly marks: MarksController;
  readonly saved: SavedController;
  readonly saves: SaveController;
  readonly client: ClientController;
  readonly settings: SettingsController;
  readonly transfer: TransferController;
  readonly update: UpdateController;
  readonly settingsPage: SettingsPage;
  readonly crawl: CrawlController;
  surface = $state<SurfaceName>('search');
  /** Where the settings open; null: at the top. */
  settingsSection = $state<string | null>(null);

  /** Null until the app answered; `startProblem` is set if it could not. */
  startFacts = $state.raw<StartDto | null>(null);
  startProblem = $state<string | null>(null);
  status = $state.raw<StatusDto | null>(null);
  isNoticePutOff = $state(false);
  isNoticeBusy = $state(false);
  isShortcutSheetOpen = $state(false);
  /** The window starts in the search box. */
  readonly searchFocus = new FocusRequest({ isPending: true });
  readonly listFocus = new FocusRequest({ isPending: false });
  readonly detailsFocus = new FocusRequest({ isPending: false });
  nowUnixSeconds = $state(0);

  readonly isNoticeShown = $derived(
    this.startFacts !== null && this.status?.state === 'awaiting-consent' && !this.isNoticePutOff,
  );
  /** As what is shown was asked for. */
  #hidesAdult = false;
  readonly #api: LanternfishApi;
  readonly #clock: WindowClock;
  readonly #stops: (() => void)[] = [];

  constructor({ api, clock }: AppDependencies) {
    this.#api = api;
    this.#clock = clock;
    this.nowUnixSeconds = clock.nowUnixSeconds();
    this.magnets = new MagnetController(api, clock);
    this.settings = new SettingsController(api, (problem) => this.magnets.say(problem));
    this.marks = new MarksController(api, {
      say: (line, undo) => this.magnets.say(line, undo),
      onShownChanged: () => void this.search.marksChanged(),
    });
    this.client = new ClientController(api, { settings: this.settings, say: (line) => this.magnets.say(line) });
    this.saves = new SaveController(api, (line) => this.magnets.say(line));
    this.crawl = new CrawlController(api, clock);
    this.update = new UpdateController(api);
    this.health = new HealthWatch(api, clock);
    this.settingsPage = new SettingsPage(api, this.settings, {
      onEmptied: () => this.#emptied(),
      onMarked: () => void this.search.marksChanged(),
      say: (line, undo) => this.magnets.say(line, undo),
    });
    this.details = new DetailsController(api);
    this.search = new SearchController(api, clock);
    this.saved = new SavedController({
      settings: this.settings,
      search: this.search,
      clock,
      say: (line) => this.magnets.say(line),
      newId: () => crypto.randomUUID(),
    });
    this.suggestions = new SuggestionController(api);
    this.transfer = new TransferController({ api, search: this.search, say: (line) => this.magnets.say(line) });
  }

  /** Listens first, asks second, so that nothing said in between is missed. */
  async start(): Promise<void> {
    this.startProblem = null;
    if (this.#stops.length === 0) this.#listen();
    const answer = await this.#api.getStart();
    if (!answer.ok) {
      this.startProblem = answer.problem;
      return;
    }
    this.startFacts = answer.value;
    this.settings.current ??= answer.value.settings;
    this.#hidesAdult = this.settings.current.hideAdultNames;
    this.status ??= answer.value.status;
    this.update.changed(answer.value.update);
    this.magnets.mayOpen = this.settings.current.mayOpenMagnets;
    void this.transfer.start();
    await this.search.run();
  }

  stop(): void {
    for (const stop of [...this.#stops.splice(0), () => this.search.stop()]) stop();
  }

  #listen(): void {
    const ages = this.#clock.setRepeating(AGES_EVERY_MS, () => {
      this.nowUnixSeconds = this.#clock.nowUnixSeconds();
    });
    this.#stops.push(
      () => ages.cancel(),
      this.#api.on('status', (status) => {
        this.status = status;
      }),
      this.#api.on('settings', (settings) => {
        this.settings.current = settings;
        if (settings.hideAdultNames !== this.#hidesAdult) void this.search.marksChanged();
        this.#hidesAdult = settings.hideAdultNames;
      }),
      this.#api.on('torrentsAdded', ({ addedCount, torrentCount }) => {
        if (this.status) this.status = { ...this.status, torrentCount };
        this.nowUnixSeconds = this.#clock.nowUnixSeconds();
        this.search.torrentsAdded(addedCount);
      }),
      this.#api.on('transfer', (transfer) => {
        this.transfer.take(transfer);
      }),
      this.#api.on('transferCommand', (command) => {
        void this.transfer.perform(command);
      }),
      this.#api.on('update', (update) => this.update.changed(update)),
      this.#api.on('healthFound', (reports) => {
        this.health.found(reports);
      }),
      this.#api.on('torrentSave', (save) => {
        this.saves.current = save;
      }),
      this.#api.on('openSettings', () => {
        this.surface = 'settings';
      }),
      this.#api.on('openSaved', ({ searchId }) => {
        this.surface = 'search';
        this.saved.openNotified(searchId);
      }),
      this.#api.on('focusSearch', () => {
        this.focusSearch();
      }),
    );
  }

  /** Puts `surface` up; pressed for what is up already, the search comes back. */
  show(surface: SurfaceName): void {
    const isBack = surface === 'search' || surface === this.surface;
    this.surface = isBack ? 'search' : surface;
    if (isBack) this.searchFocus.make();
  }

  /** Opens the settings where `section` (one of their groups) is. */
  showSettings(section: string): void {
    this.settingsSection = section;
    this.surface = 'settings';
  }

  focusSearch(): void {
    this.surface = 'search';
    this.searchFocus.make();
  }

  /** Goes to the results; `selectsFirst` where nothing is selected yet. */
  focusList(selectsFirst: boolean): void {
    this.surface = 'search';
    if (this.search.length === 0) return;
    if (selectsFirst) this.search.selectFirst();
    this.listFocus.make();
  }

  /** What acts act on: the selection where it is more than one torrent, else the one whose details are open or chosen. */
  get chosenHex(): readonly string[] {
    const { cursor } = this.search;
    if (cursor.selection.count > 1) return cursor.selection.infohashesHex;
    const infohashHex = this.details.infohashHex ?? cursor.infohashHex;
    return infohashHex === null ? [] : [infohashHex];
  }

  copySelection(): void {
    void this.magnets.copyMagnets(this.chosenHex);
  }

  sendChosen(): void {
    if (this.chosenHex.length > 0) void this.client.send(this.chosenHex);
  }

  /** Stars what is chosen; where the one in front is starred already, takes the stars back. */
  toggleStar(): void {
    const [first] = this.chosenHex;
    if (first === undefined) return;
    const known = this.#markedOf(first);
    void this.marks.set('star', known === null || !this.marks.isStarred(known), this.chosenHex);
  }

  hideChosen(): void {
    const hidden = this.search.list === 'hidden';
    void this.marks.set('hide', !hidden, this.chosenHex);
  }

  blockChosen(): void {
    void this.marks.set('block', true, this.chosenHex);
  }

  #markedOf(infohashHex: string) {
    const { details } = this.details;
    if (details?.infohashHex === infohashHex) return details;
    const row = this.search.at(this.search.cursor.index);
    return row?.infohashHex === infohashHex ? row : null;
  }

  /** Everything was deleted. */
  #emptied(): void {
    this.details.close();
    if (this.status) this.status = { ...this.status, torrentCount: 0 };
    this.search.emptied();
  }

  closeDetails(): void {
    this.details.close();
    this.focusList(false);
  }

  async acceptNotice(choices: NoticeChoices): Promise<void> {
    if (this.isNoticeBusy) return;
    this.isNoticeBusy = true;
    const answer = await this.#api.acceptNotice(choices);
    this.isNoticeBusy = false;
    if (!answer.ok) {
      this.magnets.say(answer.problem);
      return;
    }
    this.surface = 'search';
    this.searchFocus.make();
    if (this.status?.state === 'awaiting-consent') this.status = { ...this.status, state: 'starting' };
  }

  /** The switch in the header: pauses, resumes, or brings the notice back while it has not been accepted. */
  async togglePause(): Promise<void> {
    if (!this.status) return;
    if (this.status.state === 'awaiting-consent') {
      this.isNoticePutOff = false;
      return;
    }
    const isPaused = this.status.state !== 'paused';
    const answer = await this.#api.setPaused({ isPaused });
    if (!answer.ok) this.magnets.say(answer.problem);
  }

  async pauseFor(minutes: number): Promise<void> {
    const answer = await this.#api.pauseFor({ minutes });
    if (!answer.ok) this.magnets.say(answer.problem);
  }

  async copyDiagnostics(): Promise<void> {
    const answer = await this.#api.copyDiagnostics();
    this.magnets.say(answer.ok ? messages.menu.diagnosticsCopied : answer.problem);
  }

  async showLogs(): Promise<void> {
    const answer = await this.#api.showLogs();
    if (!answer.ok) this.magnets.say(answer.problem);
  }

  quit(): void {
    void this.#api.quit();
  }
}
