/* The fit of nine crosses, for a peer: reads lines "WIDTH_MM HEIGHT_MM" and nine times
 * "WANTED_X WANTED_Y TOUCHED_X TOUCHED_Y" (shares), writes a line with the verdict, the seven
 * numbers of the map and the worst distance; then, for each touched point, where the map puts it on
 * a frame of 1080 × 1920. */

#include <inttypes.h>
#include <stdio.h>

#include "ui/screens/fit.h"

static int answer(double width, double height, const struct fit_point *points)
{
	static const char *const words[] = {
		[FIT_GOOD] = "good", [FIT_FAR] = "far", [FIT_IMPLAUSIBLE] = "implausible"};
	struct panel_touch t = {0};
	double worst;
	const enum fit_verdict verdict = fit_touch(points, FIT_POINTS, width, height, &t, &worst);

	printf("%s %d %d %d %d %d %d %d %.4f", words[verdict], t.xx, t.xy, t.x0, t.yx, t.yy, t.y0,
		t.error_um, worst);
	for (size_t i = 0; i < FIT_POINTS; i++) {
		int x, y;

		panel_map_touch(&t, 1080, 1920, (int)(points[i].touched_x * 1080),
			(int)(points[i].touched_y * 1920), &x, &y);
		printf(" %d %d", x, y);
	}
	return putchar('\n');
}

int main(void)
{
	double width, height;

	while (scanf("%lf %lf", &width, &height) == 2) {
		struct fit_point points[FIT_POINTS];

		for (size_t i = 0; i < FIT_POINTS; i++)
			if (scanf("%lf %lf %lf %lf", &points[i].wanted_x, &points[i].wanted_y,
				    &points[i].touched_x, &points[i].touched_y) != 4)
				return 2;
		if (answer(width, height, points) < 0)
			return 1;
	}
	return 0;
}
