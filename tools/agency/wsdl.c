#include "tools/agency/envelope.h"

#include <string.h>

#include "terminal/base/attributes.h"

/* One WSDL 1.1 per service, made from the table of operations, so that the two cannot differ.
 * Document/literal; data fields unqualified nowhere: both schemas say elementFormDefault
 * "qualified", as the institutional clients send them. */

static bool is_optional(const char *field)
{
	static const char *const optional[] = {"segundoApellido", "sexo", "cveAlfaEntFedNac",
		"direccionIp", "tipoTransaccion", "puntoControl"};

	for (size_t i = 0; i < VT_ELEMENTS(optional); i++)
		if (strcmp(field, optional[i]) == 0)
			return true;
	return false;
}

static void field_elements(struct vt_buf *out, const struct registry_wire *wire)
{
	/* "all": the clients do not agree on the order. */
	for (size_t i = 0; i < wire->field_count; i++)
		vt_buf_printf(out, "<xs:element name=\"%s\" type=\"xs:string\"%s/>",
			wire->fields[i], is_optional(wire->fields[i]) ? " minOccurs=\"0\"" : "");
}

static void type_of(struct vt_buf *out, const struct registry_wire *wire)
{
	if (!wire->group)
		return;
	vt_buf_printf(out, "<xs:complexType name=\"%sDatos\"><xs:all>", wire->element);
	field_elements(out, wire);
	vt_buf_append_text(out, "</xs:all></xs:complexType>");
}

static void elements_of(struct vt_buf *out, const struct registry_wire *wire)
{
	vt_buf_printf(out, "<xs:element name=\"%s\"><xs:complexType>", wire->element);
	if (wire->group) {
		vt_buf_printf(out,
			"<xs:sequence><xs:element name=\"%s\" type=\"xsd:%sDatos\"/></xs:sequence>",
			wire->group, wire->element);
	} else {
		vt_buf_append_text(out, "<xs:all>");
		field_elements(out, wire);
		vt_buf_append_text(out, "</xs:all>");
	}
	vt_buf_append_text(out, "</xs:complexType></xs:element>");
	vt_buf_printf(out,
		"<xs:element name=\"%sResponse\"><xs:complexType><xs:sequence>"
		"<xs:element name=\"return\" type=\"xs:string\"/>"
		"</xs:sequence></xs:complexType></xs:element>",
		wire->element);
}

static void messages_of(struct vt_buf *out, const struct registry_wire *wire)
{
	const char *e = wire->element;

	vt_buf_printf(out,
		"<wsdl:message name=\"%sRequest\"><wsdl:part name=\"parameters\""
		" element=\"ser:%s\"/></wsdl:message>",
		e, e);
	vt_buf_printf(out,
		"<wsdl:message name=\"%sResponse\"><wsdl:part name=\"parameters\""
		" element=\"ser:%sResponse\"/></wsdl:message>",
		e, e);
}

static void port_of(struct vt_buf *out, const struct registry_wire *wire)
{
	const char *e = wire->element;

	vt_buf_printf(out,
		"<wsdl:operation name=\"%s\"><wsdl:input message=\"ser:%sRequest\"/>"
		"<wsdl:output message=\"ser:%sResponse\"/></wsdl:operation>",
		e, e, e);
}

static void binding_of(struct vt_buf *out, const struct registry_wire *wire)
{
	vt_buf_printf(out,
		"<wsdl:operation name=\"%s\"><soap:operation soapAction=\"%s\" style=\"document\"/>"
		"<wsdl:input><soap:body use=\"literal\"/></wsdl:input>"
		"<wsdl:output><soap:body use=\"literal\"/></wsdl:output></wsdl:operation>",
		wire->element, wire->soap_action);
}

typedef void (*writer)(struct vt_buf *out, const struct registry_wire *wire);

static void each(struct vt_buf *out, writer write, const struct registry_wire *const wires[2])
{
	for (int i = 0; i < 2; i++)
		if (wires[i])
			write(out, wires[i]);
}

bool envelope_wsdl(const char *service, const char *base_url, struct vt_buf *out)
{
	const struct registry_wire *wires[2] = {NULL, NULL};

	for (int i = 0; i < REGISTRY_OPERATION_MAX; i++) {
		const struct registry_wire *wire = registry_wire((enum registry_operation)i);

		if (wire->path[0] && strcmp(wire->path, service) == 0 && i != REGISTRY_LEDGER) {
			wires[0] = wire;
			wires[1] = registry_wire(
				i == REGISTRY_INQUIRE ? REGISTRY_LEDGER : REGISTRY_CONFIRM);
		}
	}
	if (!wires[0])
		return false;
	vt_buf_printf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
		"<wsdl:definitions xmlns:wsdl=\"http://schemas.xmlsoap.org/wsdl/\""
		" xmlns:soap=\"http://schemas.xmlsoap.org/wsdl/soap/\""
		" xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" xmlns:ser=\"%s\""
		" xmlns:xsd=\"%s\" targetNamespace=\"%s\"><wsdl:types>",
		REGISTRY_NS, REGISTRY_XSD_NS, REGISTRY_NS);
	vt_buf_printf(out, "<xs:schema targetNamespace=\"%s\" elementFormDefault=\"qualified\">",
		REGISTRY_XSD_NS);
	each(out, type_of, wires);
	vt_buf_printf(out,
		"</xs:schema><xs:schema targetNamespace=\"%s\" elementFormDefault=\"qualified\">"
		"<xs:import namespace=\"%s\"/>",
		REGISTRY_NS, REGISTRY_XSD_NS);
	each(out, elements_of, wires);
	vt_buf_append_text(out, "</xs:schema></wsdl:types>");
	each(out, messages_of, wires);
	vt_buf_printf(out, "<wsdl:portType name=\"%sPortType\">", service);
	each(out, port_of, wires);
	vt_buf_printf(out,
		"</wsdl:portType><wsdl:binding name=\"%sSoap11Binding\" type=\"ser:%sPortType\">"
		"<soap:binding transport=\"http://schemas.xmlsoap.org/soap/http\""
		" style=\"document\"/>",
		service, service);
	each(out, binding_of, wires);
	vt_buf_printf(out,
		"</wsdl:binding><wsdl:service name=\"%s\"><wsdl:port name=\"%sSoap11\""
		" binding=\"ser:%sSoap11Binding\"><soap:address"
		" location=\"%s/WebServicesConsulta/services/%s\"/></wsdl:port></wsdl:service>"
		"</wsdl:definitions>",
		service, service, service, base_url, service);
	return true;
}
