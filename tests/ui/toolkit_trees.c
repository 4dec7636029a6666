#include "tests/ui/toolkit_trees.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/base/text.h"
#include "ui/toolkit/widget.h"

struct ui *trees_ui(struct profile profile)
{
	const char *source = getenv("VT_SOURCE_DIR");
	char assets[512];
	struct ui *ui = NULL;
	struct vt_error error = {0};

	if (!vt_format(assets, sizeof(assets), "%s/assets", source ? source : "."))
		abort();
	if (ui_create(&(struct ui_options){.profile = profile, .assets = assets}, &ui, &error) !=
		VT_OK) {
		fprintf(stderr, "ui_create: %s\n", error.msg);
		abort();
	}
	return ui;
}

/* ---- home ---- */

static void header(struct ui *ui, const struct trees_home *home)
{
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_STACK,
			       .width = length_fill(1),
			       .fill = COLOR_BRAND_TOP,
			       .fill_bottom = COLOR_BRAND_BOTTOM,
			       .role = ROLE_BANNER,
			       .name = "Ventanilla Ciudadana"});
	node_add(ui, &(struct node_spec){.width = length_fill(1),
			     .height = length_fill(1),
			     .decor = DECOR_FRET_FIELD,
			     .fg = COLOR_EMBLEM});
	node_begin(ui,
		&(struct node_spec){.width = length_fill(1), .pad = {28, 48, 48, 48}, .gap = 40});
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW, .gap = 22, .cross = ALIGN_CENTER});
	node_add(ui, &(struct node_spec){.width = length_units(68),
			     .height = length_units(64),
			     .decor = DECOR_EMBLEM,
			     .fg = COLOR_EMBLEM});
	node_begin(ui, &(struct node_spec){.width = length_fill(1)});
	widget_text(ui, TYPE_BRAND, COLOR_ON_BRAND, "Ventanilla Ciudadana");
	widget_text(ui, TYPE_SMALL, COLOR_ON_BRAND2, "Administración Pública Federal");
	node_end(ui);
	widget_text(ui, TYPE_BRAND, COLOR_ON_BRAND, "10:42");
	node_end(ui);
	node_begin(ui, &(struct node_spec){.gap = 8});
	widget_heading(ui, TYPE_TITLE_LARGE, COLOR_ON_BRAND,
		home->title ? home->title : "¿Qué trámite desea realizar?");
	widget_text(ui, TYPE_BODY, COLOR_ON_BRAND2,
		"Toque una opción. Solo el pago de derechos tiene costo.");
	node_end(ui);
	node_end(ui);
	node_end(ui);
	node_add(ui, &(struct node_spec){.width = length_fill(1),
			     .height = length_units(8),
			     .decor = DECOR_GOLD_LINE});
}

static void feature(struct ui *ui, bool is_first)
{
	node_begin(ui, &(struct node_spec){.min_height = 250,
			       .pad = insets_all(32),
			       .gap = 6,
			       .fill = is_first ? COLOR_ACTION : COLOR_OK,
			       .fill_bottom = is_first ? COLOR_ACTION_BOTTOM : COLOR_OK_BOTTOM,
			       .radius = 28,
			       .shadow = 2,
			       .role = ROLE_BUTTON,
			       .id = is_first ? "f1" : "f2",
			       .action = "open"});
	node_begin(ui, &(struct node_spec){
			       .layout = LAYOUT_ROW, .main = ALIGN_BETWEEN, .cross = ALIGN_CENTER});
	widget_icon(ui, is_first ? "identification-card" : "credit-card", ICON_DUOTONE, 84,
		is_first ? COLOR_ON_ACTION : COLOR_ON_OK);
	widget_icon(ui, "arrow-right", ICON_BOLD, 44, is_first ? COLOR_ON_ACTION : COLOR_ON_OK);
	node_end(ui);
	widget_spacer(ui, 1);
	widget_text(ui, TYPE_CARD_TITLE, is_first ? COLOR_ON_ACTION : COLOR_ON_OK,
		is_first ? "Obtener mi CURP" : "Pagar derechos");
	widget_text(ui, TYPE_SMALL, is_first ? COLOR_ON_ACTION : COLOR_ON_OK,
		is_first ? "Consulta e impresión. Gratuito."
			 : "Pasaporte y otros pagos con tarjeta.");
	node_end(ui);
}

static void card(struct ui *ui, int number, const char *label)
{
	node_begin(ui, &(struct node_spec){.min_height = 214,
			       .pad = insets_all(24),
			       .gap = 16,
			       .fill = COLOR_SURFACE,
			       .border = COLOR_LINE,
			       .border_width = ui_palette(ui)->border_card,
			       .radius = 24,
			       .shadow = 1,
			       .role = ROLE_BUTTON,
			       .id = node_text(ui, "c%d", number),
			       .action = "open",
			       .arg = node_text(ui, "service-%d", number)});
	node_begin(ui, &(struct node_spec){
			       .layout = LAYOUT_ROW, .main = ALIGN_BETWEEN, .cross = ALIGN_CENTER});
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
			       .pad = insets_all(14),
			       .fill = COLOR_TINT,
			       .radius = 20});
	widget_icon(ui, "calendar-check", ICON_DUOTONE, 52, COLOR_ICON);
	node_end(ui);
	widget_text(ui, TYPE_CAPTION, COLOR_TEXT2, "SAT");
	node_end(ui);
	widget_text(ui, TYPE_LABEL, COLOR_TEXT, label);
	node_end(ui);
}

static void banner(struct ui *ui, const char *title, const char *text, enum color edge)
{
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
			       .pad = insets_xy(28, 16),
			       .gap = 24,
			       .cross = ALIGN_CENTER,
			       .fill = edge == COLOR_INFO ? COLOR_INFO_BG : COLOR_WARN_BG,
			       .border = edge,
			       .radius = 20,
			       .role = ROLE_STATUS});
	widget_icon(ui, "cloud-slash", ICON_FILL, 56, edge);
	node_begin(ui, &(struct node_spec){.width = length_fill(1)});
	widget_text(ui, TYPE_BODY_STRONG, COLOR_TEXT, title);
	widget_text(ui, TYPE_SMALL, COLOR_TEXT, text);
	node_end(ui);
	node_end(ui);
}

static void dialog(struct ui *ui, int ring_permille)
{
	node_add(ui, &(struct node_spec){
			     .width = length_fill(1), .height = length_fill(1), .scrim = true});
	node_begin(ui, &(struct node_spec){.width = length_fill(1),
			       .offset = {0, 48, 220, 48},
			       .self_v = ALIGN_END,
			       .pad = insets_all(56),
			       .gap = 20,
			       .cross = ALIGN_CENTER,
			       .fill = COLOR_SURFACE,
			       .radius = 36,
			       .shadow = 3,
			       .role = ROLE_ALERTDIALOG,
			       .name = "¿Sigue ahí?",
			       .id = "dialog",
			       .states = STATE_MODAL});
	node_add(ui, &(struct node_spec){.width = length_units(216),
			     .height = length_units(216),
			     .decor = DECOR_RING,
			     .fg = COLOR_ACTION,
			     .ring_permille = ring_permille});
	widget_heading(ui, TYPE_TITLE, COLOR_TEXT, "¿Sigue ahí?");
	widget_button(ui, &(struct button){.kind = BUTTON_PRIMARY,
				  .id = "extend",
				  .label = "Sí, necesito más tiempo",
				  .action = "extend",
				  .width = length_fill(1)});
	widget_button(ui, &(struct button){.kind = BUTTON_SECONDARY,
				  .id = "end",
				  .label = "Terminar y borrar mis datos",
				  .action = "end",
				  .width = length_fill(1)});
	node_end(ui);
}

static void cards(struct ui *ui, int page)
{
	static const char *const labels[] = {"Cita en el SAT", "Cita médica ISSSTE",
		"Mis solicitudes de empleo", "Concursos de plazas públicas",
		"Licitaciones y contratos", "Solicitudes de información",
		"Reportar luminaria apagada", "Calificaciones escolares",
		"Estado de juicios agrarios", "Becas y apoyos", "Librerías EDUCAL",
		"Registro de personas (RUPA)", "Acta de nacimiento", "Vigencia de derechos",
		"Constancia de estudios"};

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_GRID,
			       .columns = 3,
			       .gap = 22,
			       .height = length_fill(1),
			       .paged = true,
			       .page = page,
			       .equal_rows = true,
			       .id = "cards"});
	for (int i = 0; i < (int)VT_ELEMENTS(labels); i++)
		card(ui, i, labels[i]);
	node_begin(ui, &(struct node_spec){.pager = true, .width = length_fill(1)});
	widget_button(ui, &(struct button){.kind = BUTTON_SECONDARY,
				  .id = "more",
				  .label = "Ver más trámites",
				  .icon_after = "caret-down",
				  .action = "page",
				  .width = length_fill(1)});
	node_end(ui);
	node_end(ui);
}

void trees_home(struct ui *ui, const struct trees_home *home)
{
	ui_begin(ui, "home", "es-MX");
	node_begin(ui, &(struct node_spec){.width = length_fill(1), .height = length_fill(1)});
	header(ui, home);
	node_begin(ui, &(struct node_spec){.width = length_fill(1),
			       .height = length_fill(1),
			       .pad = insets_xy(48, 32),
			       .gap = 24});
	if (home->has_banner) {
		banner(ui, "Sin conexión: puede continuar",
			"Guardamos su trámite y lo enviamos al volver la red.", COLOR_INFO);
		banner(ui, "Impresora sin papel",
			"Reciba sus documentos en el teléfono con un código QR.", COLOR_WARN);
	}
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_GRID, .columns = 2, .gap = 22});
	feature(ui, true);
	feature(ui, false);
	node_end(ui);
	cards(ui, home->page);
	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW, .gap = 22});
	widget_button(ui, &(struct button){.kind = BUTTON_SECONDARY,
				  .id = "back",
				  .label = "Atrás",
				  .icon = "arrow-left",
				  .action = "back"});
	widget_button(ui, &(struct button){.kind = BUTTON_PRIMARY,
				  .id = "go",
				  .label = "Continuar",
				  .icon_after = "arrow-right",
				  .action = "go",
				  .width = length_fill(1)});
	node_end(ui);
	node_end(ui);
	node_end(ui);
	if (home->has_dialog)
		dialog(ui, home->ring_permille);
	if (ui_end(ui) != VT_OK)
		abort();
}

/* ---- CURP ---- */

static void curp_boxes(struct ui *ui, const char *text, int from, int to)
{
	int length = (int)strlen(text);

	node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW, .gap = 11});
	for (int i = from; i < to; i++) {
		node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW,
				       .width = length_units(84),
				       .height = length_units(104),
				       .main = ALIGN_CENTER,
				       .cross = ALIGN_CENTER,
				       .fill = COLOR_SURFACE,
				       .border = i == length ? COLOR_ACTION : COLOR_CONTROL,
				       .border_width = i == length ? 5 : 2,
				       .radius = 16,
				       .id = node_text(ui, "box%d", i)});
		if (i < length)
			node_add(ui, &(struct node_spec){.text = node_text(ui, "%c", text[i]),
					     .type = TYPE_CURP,
					     .personal = true});
		node_end(ui);
	}
	node_end(ui);
}

void trees_curp(struct ui *ui, const char *text)
{
	static const char *const rows[] = {"1234567890", "QWERTYUIOP", "ASDFGHJKL", "ZXCVBNM"};
	struct trees_home home = {.title = "Escriba su CURP"};

	ui_begin(ui, "curp", "es-MX");
	node_begin(ui, &(struct node_spec){.width = length_fill(1), .height = length_fill(1)});
	header(ui, &home);
	node_begin(ui, &(struct node_spec){.width = length_fill(1),
			       .height = length_fill(1),
			       .pad = insets_xy(48, 32),
			       .gap = 24});
	node_begin(ui, &(struct node_spec){.gap = 24,
			       .role = ROLE_TEXTBOX,
			       .name = "CURP",
			       .id = "curp",
			       .value = text,
			       .editable = true});
	curp_boxes(ui, text, 0, 9);
	curp_boxes(ui, text, 9, 18);
	node_end(ui);
	widget_spacer(ui, 1);
	node_begin(ui, &(struct node_spec){.gap = 11,
			       .pad = insets_all(16),
			       .fill = COLOR_SURFACE2,
			       .radius = 20,
			       .role = ROLE_GROUP,
			       .name = "Teclado"});
	for (size_t row = 0; row < VT_ELEMENTS(rows); row++) {
		node_begin(ui, &(struct node_spec){.layout = LAYOUT_ROW, .gap = 11});
		for (const char *c = rows[row]; *c; c++) {
			const char *label = node_text(ui, "%c", *c);
			widget_key(ui, &(struct key){.id = node_text(ui, "key-%c", *c),
					       .label = label,
					       .arg = label,
					       .disabled = row == 0 && strlen(text) < 4});
		}
		node_end(ui);
	}
	node_end(ui);
	node_end(ui);
	node_end(ui);
	if (ui_end(ui) != VT_OK)
		abort();
}

/* ---- random ---- */

uint32_t trees_next(struct trees_random *random, uint32_t below)
{
	/* splitmix64 */
	uint64_t z = random->state += 0x9E3779B97F4A7C15ull;

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ull;
	z = (z ^ z >> 27) * 0x94D049BB133111EBull;
	return (uint32_t)((z ^ z >> 31) >> 32) % below;
}

struct grower {
	struct ui *ui;
	struct trees_random random;
	int left; /* nodes */
	int next_id;
};

static const char *const words[] = {"trámite", "CURP", "Núñez", "a", "en", "m\u0331anho",
	"k\uA78Cop", "Nāhuatl", "pasaporte/visa", "e-firma", "$ 4,120.00", "certificación", "ꞌɨkɨ"};

static const char *random_text(struct grower *g)
{
	char text[256] = "";
	size_t used = 0;
	uint32_t count = 1 + trees_next(&g->random, 9);

	for (uint32_t i = 0; i < count; i++) {
		const char *word = words[trees_next(&g->random, VT_ELEMENTS(words))];
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s",
			i == 0				 ? ""
			: trees_next(&g->random, 8) == 0 ? "\n"
							 : " ",
			word);
	}
	return node_text(g->ui, "%s", text);
}

static struct length random_length(struct grower *g)
{
	switch (trees_next(&g->random, 4)) {
	case 0:
		return length_fill(1 + (int)trees_next(&g->random, 3));
	case 1:
		return length_units(20 + (int)trees_next(&g->random, 200));
	default:
		return length_fit();
	}
}

static void random_look(struct grower *g, struct node_spec *spec)
{
	if (trees_next(&g->random, 2))
		spec->fill = (enum color)(1 + trees_next(&g->random, COLOR_COUNT - 1));
	if (spec->fill && trees_next(&g->random, 3) == 0)
		spec->fill_bottom = (enum color)(1 + trees_next(&g->random, COLOR_COUNT - 1));
	if (trees_next(&g->random, 5) == 0)
		spec->fill_percent = 1 + (int)trees_next(&g->random, 99);
	if (trees_next(&g->random, 3) == 0) {
		spec->border = (enum color)(1 + trees_next(&g->random, COLOR_COUNT - 1));
		spec->border_width = (int)trees_next(&g->random, 8);
	}
	spec->radius =
		trees_next(&g->random, 6) == 0 ? RADIUS_PILL : (int)trees_next(&g->random, 40);
	spec->shadow = trees_next(&g->random, 4) == 0 ? (int)trees_next(&g->random, 4) : 0;
	spec->scrim = trees_next(&g->random, 40) == 0;
}

static void random_leaf(struct grower *g, struct node_spec *spec)
{
	static const char *const icons[] = {"arrow-right", "check", "calendar", "no-such-icon"};

	spec->fg = (enum color)trees_next(&g->random, COLOR_COUNT);
	switch (trees_next(&g->random, 6)) {
	case 0:
		spec->icon = icons[trees_next(&g->random, VT_ELEMENTS(icons))];
		spec->icon_style = (enum icon_style)trees_next(&g->random, 3);
		spec->icon_size = 20 + (int)trees_next(&g->random, 80);
		break;
	case 1:
		spec->decor = (enum decor)trees_next(&g->random, DECOR_GOLD_LINE + 1);
		spec->ring_permille = (int)trees_next(&g->random, 1001);
		spec->width = length_units(30 + (int)trees_next(&g->random, 300));
		spec->height = length_units(30 + (int)trees_next(&g->random, 300));
		break;
	case 2:
		spec->qr = trees_next(&g->random, 2) ? "https://example.org/folio" : "folio";
		spec->width = spec->height = length_units(120);
		break;
	default:
		spec->text = random_text(g);
		spec->type = (enum type_role)trees_next(&g->random, TYPE_ROLE_COUNT);
		spec->text_align = (enum text_align)trees_next(&g->random, 3);
		spec->max_lines = trees_next(&g->random, 4) == 0 ? 1 : 0;
		spec->ellipsis = trees_next(&g->random, 2);
		spec->max_width = trees_next(&g->random, 4) == 0 ? 200 : 0;
		spec->personal = trees_next(&g->random, 3) == 0;
	}
}

static void grow(struct grower *g, int depth)
{
	struct node_spec spec = {0};
	bool is_leaf = depth >= 5 || trees_next(&g->random, 3) == 0;

	g->left--;
	spec.width = random_length(g);
	spec.height = random_length(g);
	spec.pad = insets_xy((int)trees_next(&g->random, 20), (int)trees_next(&g->random, 20));
	random_look(g, &spec);
	if (is_leaf)
		random_leaf(g, &spec);
	if (trees_next(&g->random, 3) == 0) {
		spec.id = node_text(g->ui, "n%d", g->next_id++);
		spec.action = trees_next(&g->random, 2) ? "act" : NULL;
		spec.role = (enum node_role)trees_next(&g->random, ROLE_KIND_COUNT);
	}
	spec.layout = (enum layout_kind)trees_next(&g->random, 4);
	spec.columns = 1 + (int)trees_next(&g->random, 3);
	spec.gap = (int)trees_next(&g->random, 24);
	spec.main = (enum align)trees_next(&g->random, 6);
	spec.cross = (enum align)trees_next(&g->random, 5);
	spec.self = trees_next(&g->random, 4) == 0 ? (enum align)trees_next(&g->random, 5)
						   : ALIGN_DEFAULT;
	spec.self_v = (enum align)trees_next(&g->random, 4);
	spec.paged = trees_next(&g->random, 8) == 0;
	spec.page = (int)trees_next(&g->random, 3);
	spec.equal_rows = trees_next(&g->random, 3) == 0;
	spec.droppable = trees_next(&g->random, 6) == 0 ? 1 + (int)trees_next(&g->random, 3) : 0;
	node_begin(g->ui, &spec);
	for (uint32_t i = trees_next(&g->random, 6); !is_leaf && i > 0 && g->left > 0; i--)
		grow(g, depth + 1);
	node_end(g->ui);
}

void trees_random(struct ui *ui, uint64_t seed, int max_nodes)
{
	struct grower g = {.ui = ui, .random = {seed}, .left = max_nodes};

	ui_begin(ui, "random", "es-MX");
	while (g.left > 0)
		grow(&g, 1);
	if (ui_end(ui) != VT_OK)
		abort();
}
