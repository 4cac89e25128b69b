# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The report works in a real browser: silently, alone, with pointer and keys, at any width."""

import json

from invented_run import invent_run
import pytest

from mpnp_ros.evaluation.report.report import write_report
from mpnp_ros.evaluation.run_folder import RunFolder

pytest_plugins = ['browser']

DESK, PHONE = (1280, 900), (360, 780)


@pytest.fixture(scope='module')
def run(tmp_path_factory) -> RunFolder:
    """Return a run of three drives with its report."""
    run = invent_run(tmp_path_factory.mktemp('run'), records=900, bags=3, moments_pictured=9)
    write_report(run)
    return run


@pytest.fixture
def page(run, browser):
    """Return a function that opens the report, and afterwards look for complaints."""
    def opened(hash: str = '', **given: object):
        browser.open(run.report_path, hash=hash, **given)
        return browser
    yield opened
    assert browser.errors() == []
    assert browser.requests() == []


def chosen(browser) -> str:
    """Return the question that the drawer shows, '' where it is closed."""
    return browser.js('return document.querySelector("#answer:not([hidden]) .question")'
                      '?.textContent ?? ""')


def listed(browser, column: str) -> list[str]:
    return browser.texts(f'.list td.c-{column}')


@pytest.mark.parametrize('size', [DESK, PHONE])
@pytest.mark.parametrize('dark', [False, True], ids=['light', 'dark'])
def test_all_sections_are_drawn_without_a_word_a_request_or_a_shift(page, size, dark) -> None:
    browser = page(size=size, dark=dark)
    assert browser.texts('main > section:not([hidden]) h2') == [
        'Accuracy', 'Certainty and confusion', 'Cost and time', 'Drives',
        'Behind the wrong answers', 'Records']
    assert browser.shifts() < 0.01
    dark_paper = browser.js('return getComputedStyle(document.body).backgroundColor')
    assert (sum(map(int, dark_paper[4:-1].split(','))) < 200) == dark


def test_phone_does_not_scroll_sideways(page) -> None:
    browser = page('#records', size=PHONE)
    assert browser.js('return document.documentElement.scrollWidth') <= PHONE[0]
    wider = browser.js("""
        return [...document.querySelectorAll('main *')].filter((one) => {
          const box = one.getBoundingClientRect();
          return box.right > innerWidth + 1 && !one.closest('.scroll, pre, svg, .unseen, td *');
        }).map((one) => one.tagName + '.' + one.className);""")
    assert wider == []


@pytest.mark.parametrize('dark', [False, True], ids=['light', 'dark'])
def test_all_text_has_the_contrast_that_wcag_asks_for(page, dark) -> None:
    browser = page('#records?verdict=wrong', dark=dark)
    browser.click('.list tbody tr[data-at="2"]')
    browser.js('document.querySelectorAll("details").forEach((one) => { one.open = true; })')
    assert browser.js(FAINT) == []


def test_chosen_theme_stays_for_the_next_visit(page) -> None:
    browser = page()
    browser.click('#theme')
    browser.click('#theme')
    assert browser.js('return document.documentElement.dataset.theme') == 'dark'
    page()
    assert browser.js('return getComputedStyle(document.body).colorScheme') == 'dark'
    browser.click('#theme')
    assert browser.js('return document.documentElement.dataset.theme') == 'auto'


def test_table_sorts_by_click_and_by_key(page) -> None:
    browser = page()
    head = '#accuracy-type th:nth-child(2)'
    numbers = '#accuracy-type tbody td:nth-child(2)'
    browser.click(f'{head} button')
    counts = [int(text.replace(',', '')) for text in browser.texts(numbers)]
    assert counts == sorted(counts, reverse=True)
    assert browser.js(f'return document.querySelector("{head}").ariaSort') == 'descending'
    browser.keys('ENTER')
    assert [int(text.replace(',', '')) for text in browser.texts(numbers)] == sorted(counts)
    assert browser.js(f'return document.querySelector("{head}").ariaSort') == 'ascending'
    assert browser.js('return [...document.querySelectorAll("table")].every('
                      '(one) => one.caption || one.ariaLabel)')


def test_filters_select_and_come_back_from_the_address(page, run) -> None:
    browser = page()
    wanted = [record for record in run.records()
              if not record.control and record.right is False and not record.refusal
              and record.type == 'count' and 'truck' in record.question]
    browser.click('.chip[data-verdict="wrong"]')
    browser.js("""
        const type = document.querySelector('select[name="type"]');
        type.value = 'count';
        type.dispatchEvent(new Event('change'));""")
    browser.click('input[type="search"]')
    browser.keys(*'truck')
    assert browser.texts('.found')[0].startswith(f'{len(wanted)} of 900 records')
    assert listed(browser, 'question')[:5] == [record.question for record in wanted][:5]
    fragment = browser.js('return location.hash')
    assert 'verdict=wrong' in fragment and 'type=count' in fragment and 'q=truck' in fragment
    before = listed(browser, 'time')
    page(fragment)
    assert listed(browser, 'time') == before
    assert browser.js('return document.querySelector("select[name=type]").value') == 'count'
    browser.click('#records .tools button')
    assert browser.texts('.found')[0].startswith('All 900 records')


def test_nothing_found_is_said(page) -> None:
    assert page('#records?q=zebra').texts('.rest') == ['No record passes these filters.']


def test_group_of_a_table_leads_to_its_records(page) -> None:
    browser = page()
    browser.click('#accuracy-condition tbody button')
    assert 'condition=day' in browser.js('return location.hash')
    assert browser.texts('.found')[0].startswith('300 of 900')


def test_list_of_records_is_walked_with_keys(page) -> None:
    browser = page('#records?sort=confidence:down')
    browser.js('document.querySelector(".list").focus()')
    browser.keys('ARROW_DOWN', 'ARROW_DOWN', 'ENTER')
    question = listed(browser, 'question')[2]
    assert chosen(browser) == question
    browser.keys('ESCAPE')
    assert chosen(browser) == ''
    assert browser.js('return document.activeElement.classList[0]') == 'list'
    browser.keys('END')
    assert browser.js('return document.querySelector(".active").ariaRowIndex') == '901'


def test_record_is_shown_in_full(page, run) -> None:
    records = {record.id: record for record in run.records() if not record.control}
    record = next(one for one in records.values() if one.right is False and one.scores)
    browser = page(f'#records?record={record.id}')
    told = ' '.join(browser.texts('#answer .told'))
    for words in (record.question, record.answer, record.expected or '', 'without sensors',
                  *record.candidates[:2], record.decision[0].reason,
                  f'{record.modalities[0].age_s:.2f}\u00a0s old'):
        assert words in told
    bars = browser.js('return [...document.querySelectorAll("#answer .scores .share")]'
                      '.map((one) => parseFloat(one.getAttribute("width")))')
    assert bars[0] == pytest.approx(100 * max(record.scores), abs=0.01)


def test_mark_of_the_timeline_opens_its_record(page) -> None:
    browser = page('#drives')
    x, y = browser.js("""
        const path = document.querySelector('.answers path.wrong').getAttribute('d');
        const [, x, y] = path.match(/M([\\d.-]+) ([\\d.-]+)/);
        const box = document.querySelector('.timeline').getBoundingClientRect();
        return [box.left + Number(x), box.top + Number(y)];""")
    for kind in ('mouseMoved', 'mousePressed', 'mouseReleased'):
        browser.tell('Input.dispatchMouseEvent', type=kind, x=x, y=y, button='left', clickCount=1)
    shown = browser.texts('.readout .moment')[0]
    assert 'wrong' in shown
    assert chosen(browser) and chosen(browser) in browser.texts('.readout .said')[0]
    assert browser.texts('#answer .tags strong') == ['wrong']


def test_pointing_at_the_timeline_tells_decisions_with_reasons(page) -> None:
    browser = page('#drives?drive=old_town_night')
    box = browser.js('const {left, top, width} = document.querySelector(".timeline")'
                     '.getBoundingClientRect(); return [left + 0.6 * width, top + 40]')
    browser.tell('Input.dispatchMouseEvent', type='mouseMoved', x=box[0], y=box[1])
    reasons = browser.texts('.readout .reasons li')
    assert len(reasons) == 3
    assert any('too dark' in reason or 'clear view' in reason for reason in reasons)
    assert browser.texts('.reason.used, .reason.out') != []


def test_timeline_zooms_by_dragging_and_back(page) -> None:
    browser = page('#drives')
    whole = browser.texts('.axis text')
    left, top, width = browser.js('const {left, top, width} = document.querySelector(".timeline")'
                                  '.getBoundingClientRect(); return [left, top, width]')
    for kind, share in (('mousePressed', 0.4), ('mouseMoved', 0.45), ('mouseMoved', 0.5),
                        ('mouseReleased', 0.5)):
        browser.tell('Input.dispatchMouseEvent', type=kind, x=left + share * width, y=top + 60,
                     button='left', buttons=1, clickCount=1)
    zoomed = browser.texts('.axis text')
    assert zoomed != whole and len(zoomed) > 2
    assert chosen(browser) == ''
    browser.click('#drives .drive button')
    assert browser.texts('.axis text') == whole


def test_timeline_is_read_with_keys(page) -> None:
    browser = page('#drives')
    browser.js('document.querySelector(".timeline").focus()')
    first = browser.js('return document.querySelector(".timeline").ariaValueText')
    browser.keys('ARROW_RIGHT', 'ARROW_RIGHT', '+')
    slider = browser.js('const one = document.querySelector(".timeline"); '
                        'return [one.ariaValueNow, one.ariaValueText]')
    assert slider[0] == '3' and slider[1] != first
    browser.keys('ENTER')
    assert chosen(browser) and chosen(browser) in slider[1]


def test_wrong_answers_are_shown_with_their_frames(page) -> None:
    browser = page('#wrong')
    assert len(browser.texts('.thumb')) == 12
    first = browser.texts('.full .question')
    browser.click('.thumb:nth-child(5)')
    assert browser.texts('.full .tags strong') == ['wrong']
    assert browser.texts('.full .pictures figcaption') == ['front', 'top view', 'lidar range']
    assert browser.js("""
        const pictures = [...document.querySelectorAll('#wrong img')];
        return Promise.all(pictures.map((one) => one.decode())).then(
          () => pictures.every((one) => one.naturalWidth > 100));""")
    browser.click('.full .enlarge')
    widths = browser.js('return [...document.querySelectorAll(".full .pictures img")]'
                        '.map((one) => one.clientWidth)')
    assert widths[0] > 1.5 * widths[1]
    browser.click('.pager button:last-child')
    assert browser.texts('.full .question') != first


def test_filtered_records_are_saved_without_a_network(page, run) -> None:
    browser = page('#records?verdict=refused')
    refused = [record for record in run.records() if record.refusal]
    saved = []
    for number in (2, 3):
        browser.js("""
            window.saved = null;
            URL.createObjectURL = (blob) => { window.saved = blob; return 'blob:null/none'; };
            HTMLAnchorElement.prototype.click = function () { window.savedAs = this.download; };
            """)
        browser.click(f'#records .tools button:nth-of-type({number})')
        saved.append(browser.js('return window.saved.text()'))
    table, text = saved
    assert browser.js('return window.savedAs').endswith('.json')
    assert len(table.split('\r\n')) == len(refused) + 2
    assert [one['id'] for one in json.loads(text)] == [record.id for record in refused]
    assert json.loads(text)[0]['stamp_ns'] == str(refused[0].stamp_ns)


def test_paper_is_light_and_has_the_records(page) -> None:
    browser = page('#records', dark=True)
    browser.tell('Emulation.setEmulatedMedia', media='print', features=[
        {'name': 'prefers-color-scheme', 'value': 'dark'}])
    assert browser.js('return getComputedStyle(document.body).backgroundColor') == (
        'rgb(255, 255, 255)')
    browser.js('dispatchEvent(new Event("beforeprint"))')
    assert len(listed(browser, 'question')) == 200
    assert browser.texts('.rest') == ['and 700 more']


# Texts whose contrast with their ground is below 4.5 (3 for large ones).
FAINT = """
const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
const rgba = (color) => {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = color;
  canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data];
};
const light = ([r, g, b]) => [r, g, b].map((one) => one / 255).map(
  (one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
  .reduce((sum, one, index) => sum + one * [0.2126, 0.7152, 0.0722][index], 0);
const ground = (node) => {
  for (let one = node; one; one = one.parentElement) {
    const color = rgba(getComputedStyle(one).backgroundColor);
    if (color[3] > 250) return color;
  }
  return [255, 255, 255, 255];
};
const found = new Set();
for (const node of document.querySelectorAll('body *')) {
  const own = [...node.childNodes].some((one) => one.nodeType === 3 && one.data.trim());
  if (!own || node.closest('script, style, option, :disabled, .unseen, .skip, .reason')) continue;
  const style = getComputedStyle(node);
  if (!node.getClientRects().length || style.visibility === 'hidden') continue;
  const ink = light(rgba(node instanceof SVGElement ? style.fill : style.color));
  const paper = light(ground(node));
  const contrast = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
  const large = parseFloat(style.fontSize) >= 24
    || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 600);
  if (contrast < (large ? 3 : 4.5)) {
    found.add(`${node.tagName}.${node.getAttribute('class')}: ${contrast.toFixed(2)}`);
  }
}
return [...found];
"""
